"""What every attack of the library leaves of a network, what it costs, and how near it gets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import mean, median

from robustlib.attacks import PGD
from robustlib.chapters.attacks.suite import budget_attacks, climbs, nearest_attacks, quick_look
from robustlib.evaluation import Outcome, cost, sweep, worst_case
from robustlib.experiments import Findings, Measurement, Row, Subject
from robustlib.experiments.attack_rows import accuracy_rows, attack_columns, attacked
from robustlib.experiments.pictures import PicturedAttack
from robustlib.experiments.standard_suite import IMAGES, StandardSuite
from robustlib.geometry import L2
from robustlib.interfaces import Attack

RADII_L2 = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0)


@dataclass(frozen=True)
class BudgetAttacks:
    """Every attack with a budget at one radius, and what each costs an image."""

    eps: float  # L-infinity, pixel units of [0, 1]
    timed: int = 100  # images of the cost measurement

    def __call__(self, on: Subject) -> Findings:
        attacks = budget_attacks(self.eps)
        found = attacked(on, attacks, "budget")
        rows = accuracy_rows(found, attacks) + cost_rows(on, attacks, self.timed)
        rows += accuracy_rows({"worst case": worst_case(found)}, {}, norm="Linf", eps=self.eps)
        return Findings(rows, attacks)


@dataclass(frozen=True)
class SeveralSettings:
    """Attacks of which one name stands for several settings: passes through the network, or radii."""

    attacks: Callable[[float], list[tuple[str, Attack]]]
    radii: tuple[float, ...]  # L-infinity, pixel units of [0, 1]

    def __call__(self, on: Subject) -> Findings:
        named, names = {}, {}
        for name, attack in (run for eps in self.radii for run in self.attacks(eps)):
            key = " ".join([name, *(f"{k} {v}" for k, v in attack_columns(attack).items())])
            named[key], names[key] = attack, name
        found = attacked(on, named, "settings")
        rows = accuracy_rows({"clean": found["clean"]}, {})
        for key, attack in named.items():
            rows += accuracy_rows({names[key]: found[key]}, {names[key]: attack})
        return Findings(rows, named)


@dataclass(frozen=True)
class MinimumNorm:
    """How far the minimum-norm attacks go and what they cost, beside a sweep of PGD in the L2 ball."""

    timed: int = 100  # images of the cost measurement

    def __call__(self, on: Subject) -> Findings:
        attacks = nearest_attacks()
        found = attacked(on, attacks, "nearest")
        rows = accuracy_rows({"clean": found["clean"]}, {})
        rows += accuracy_rows({name: found[name] for name in attacks}, attacks, norm="L2", eps=None)
        rows += distance_rows(found) + cost_rows(on, attacks, self.timed)
        for eps, outcome in sweep(on.model, l2_pgd, RADII_L2, on.dataset.test[: on.n], seed=on.seed).items():
            rows += accuracy_rows({"PGD": outcome}, {"PGD": l2_pgd(eps)})
        return Findings(rows, attacks)


def l2_pgd(eps: float) -> PGD:
    """PGD in the L2 ball."""
    return PGD(eps, steps=100, norm=L2(), stop_early=True)


def cost_rows(on: Subject, attacks: Mapping[str, Attack], n: int) -> list[Row]:
    """Passes and seconds for each image attacked."""
    rows = []
    for name, attack in attacks.items():
        spent = cost(on.model, attack, *on.dataset.test[:n])
        found = {"forward passes": spent.forward, "backward passes": spent.backward, "seconds": spent.seconds}
        rows += [Row(metric, value, spent.n, attack=name) for metric, value in found.items()]
    return rows


def distance_rows(found: Mapping[str, Outcome]) -> list[Row]:
    """The median L2 distance of the images that an attack broke; as series their mean, and the distance of each image:
    0 where it was wrong from the start, None where the attack failed.
    """
    rows, clean = [], found["clean"].correct.tolist()
    for name, outcome in ((name, outcome) for name, outcome in found.items() if name != "clean"):
        fates = zip(outcome.l2.tolist(), outcome.correct.tolist(), clean, strict=True)
        sizes = [None if stands else round(size, 3) if right else 0.0 for size, stands, right in fates]
        broken = [size for size in sizes if size is not None]
        middle, average = (median(broken), mean(broken)) if broken else (None, None)
        series = {"of each image": sizes, "mean": average}
        rows.append(Row("distance", middle, len(broken), attack=name, norm="L2", series=series))
    return rows


MEASUREMENTS = (
    *(
        Measurement(network, kind, evaluate, n, priority=4.0)
        for network, eps in (("rr-lenet-softmax", 0.1), ("rr-lenet-softmax-pgd", 0.2))
        for kind, evaluate, n in (
            ("budget", BudgetAttacks(eps), 1000),
            ("passes", SeveralSettings(climbs, (eps,)), 500),
            ("nearest", MinimumNorm(), 500),
        )
    ),
    Measurement("target-cifar-resnet20", "attacked", SeveralSettings(quick_look, (1 / 255, 2 / 255)), priority=2.0),
    Measurement("target-cifar-resnet20", "standard", StandardSuite((1 / 255, 2 / 255)), IMAGES["cifar10"][0]),
    Measurement("target-cifar-resnet20", "pictured", PicturedAttack("PGD", PGD(8 / 255, steps=20)), 8, priority=0.5),
)
