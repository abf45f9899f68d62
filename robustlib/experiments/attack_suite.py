"""What every attack of the library leaves of two small networks, what it costs, and how near it gets."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from robustlib.attacks import (
    APGD,
    APGDT,
    BIM,
    DDN,
    FAB,
    FGSM,
    ILCM,
    MIM,
    PGD,
    AutoAttack,
    CarliniWagner,
    DeepFool,
    Noise,
    Square,
)
from robustlib.evaluation import cost, sweep, under_attack, worst_case
from robustlib.experiments.experiment import Measured
from robustlib.experiments.robust_representations import RUNS
from robustlib.experiments.survey import Survey
from robustlib.geometry import L2
from robustlib.interfaces import Attack
from robustlib.losses import margin
from robustlib.models.classifier import Classifier

STEPS = (1, 2, 5, 10, 20, 40, 100)  # gradient passes of the cost curve
QUERIES = (1, 10, 100, 1000)  # forward passes of Square on the same curve
RADII_L2 = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0)


def budget_attacks(eps: float) -> dict[str, Attack]:
    """One of each kind in the L-infinity ball, at the settings of the literature."""
    return {
        "noise": Noise(eps),
        "FGSM": FGSM(eps),
        "ILCM": ILCM(eps, steps=40),
        "BIM": BIM(eps, steps=40),
        "MIM": MIM(eps, steps=40),
        "PGD": PGD(eps, steps=40),
        "margin PGD": PGD(eps, steps=100, loss=margin, stop_early=True),
        "APGD": APGD(eps, steps=100, stop_early=True),
        "APGD-T": APGDT(eps, steps=100),
        "Square": Square(eps, queries=5000),
        "AutoAttack": AutoAttack(eps),
    }


def nearest_attacks() -> dict[str, Attack]:
    """The minimum-norm attacks in L2."""
    return {
        "DeepFool": DeepFool(norm=L2()),
        "DDN": DDN(steps=100),
        "C&W": CarliniWagner(binary_search_steps=9, steps=100),
        "C&W from DDN": CarliniWagner(binary_search_steps=1, steps=40, warm_start=DDN(steps=100)),
        "FAB": FAB(norm=L2(), steps=100),
    }


def climbs(eps: float) -> dict[str, dict[int, Attack]]:
    """Attack by name and number of passes, for the curve of cost against strength."""
    return {
        "BIM": {t: BIM(eps, steps=t) for t in STEPS},
        "MIM": {t: MIM(eps, steps=t) for t in STEPS},
        "PGD": {t: PGD(eps, steps=t) for t in STEPS},
        "margin PGD": {t: PGD(eps, steps=t, loss=margin) for t in STEPS},
        "APGD": {t: APGD(eps, steps=t) for t in STEPS if t >= 5},
        "Square": {t: Square(eps, queries=t) for t in QUERIES},
    }


@dataclass(frozen=True)
class Suite:
    """All budget attacks at one radius, their cost, the cost curve, and the minimum-norm attacks beside an L2 sweep."""

    eps: float  # L-infinity radius, pixel units of [0, 1]
    timed: int = 100  # images of the cost measurement
    climbed: int = 500  # images of the cost curve
    near: int = 500  # images of the minimum-norm attacks

    def __call__(self, model: Classifier, dataset: Any, n: int, folder: Path) -> Measured:
        x, y = dataset.test[:n]
        attacks, nearest = budget_attacks(self.eps), nearest_attacks()
        outcomes = dict(under_attack(model, attacks, (x, y), progress=True, checkpoint=folder / "budget.pt"))
        outcomes["worst case"] = worst_case(outcomes)
        few = x[: self.climbed], y[: self.climbed]
        named = {f"{name}, {t} passes": a for name, runs in climbs(self.eps).items() for t, a in runs.items()}
        outcomes |= _renamed(under_attack(model, named, few, progress=True, checkpoint=folder / "climbs.pt"))
        close = x[: self.near], y[: self.near]
        found = under_attack(model, nearest, close, progress=True, checkpoint=folder / "nearest.pt")
        outcomes |= {f"nearest {name}": outcome for name, outcome in found.items()}
        curve = sweep(model, lambda eps: PGD(eps, steps=100, norm=L2(), stop_early=True), RADII_L2, close)
        outcomes |= {f"PGD-L2 at {eps:g}": outcome for eps, outcome in curve.items()}
        costs = {name: asdict(cost(model, a, x[: self.timed], y[: self.timed])) for name, a in attacks.items()}
        costs |= {name: asdict(cost(model, a, x[: self.timed], y[: self.timed])) for name, a in nearest.items()}
        facts = {"eps": self.eps, "cost": costs, "distance": distances(found)}
        return Measured(outcomes, facts, attacks | nearest)


def distances(found: Mapping[str, Any]) -> dict[str, list[float | None]]:
    """The L2 distance of each image by attack: 0 where it was wrong from the start, None where the attack failed."""
    clean = found["clean"].correct
    return {
        name: [
            None if stands else round(size, 3) if right else 0.0
            for size, stands, right in zip(o.l2.tolist(), o.correct.tolist(), clean.tolist(), strict=True)
        ]
        for name, o in found.items()
        if name != "clean"
    }


def _renamed(found: Mapping[str, Any]) -> dict[str, Any]:
    """The outcomes of a second call, whose "clean" is over other images than the first one's."""
    return {("clean of the curve" if name == "clean" else name): outcome for name, outcome in found.items()}


_BY_NAME = {e.name: e for e in RUNS}
SURVEYS = [
    Survey("attacks-lenet-softmax", _BY_NAME["rr-lenet-softmax"], Suite(0.1), worth=4.0),
    Survey("attacks-lenet-softmax-pgd", _BY_NAME["rr-lenet-softmax-pgd"], Suite(0.2), worth=4.0),
]
