"""The attack R2 on a kernel-density detector: what stands in L-infinity balls against attackers who know it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from robustlib.attacks import DetectorAwarePGD, FeatureMatching, threshold_at
from robustlib.detectors import KernelDensity
from robustlib.evaluation import Outcome
from robustlib.evaluation.verdicts import correct
from robustlib.experiments.crafting import craft
from robustlib.experiments.densities import fitted_density
from robustlib.experiments.experiment import Measured
from robustlib.experiments.halves import for_thresholds
from robustlib.experiments.white_box import ALLOWED
from robustlib.interfaces import Attack, Images, Labels
from robustlib.models.classifier import Classifier


@dataclass(frozen=True)
class Adaptive:
    """Measures one network with its kernel density at a threshold that could be used: what stands, radius by radius."""

    network: str  # the experiment whose weights these are
    gamma: float  # of the kernel density, as printed for this loss
    radii: tuple[float, ...]  # L-infinity, pixel units of [0, 1]
    climbed: int = 200  # steps
    neighbours: int = 10  # training images that are walked to

    def __call__(self, model: Classifier, dataset: Any, n: int, folder: Path) -> Measured:
        density = fitted_density(self.network, model, dataset, self.gamma)
        usable = threshold_at(density, for_thresholds(dataset)[:][0], ALLOWED)
        x, y = dataset.test[:n]
        right = correct(model, x, y).cpu()
        nothing = torch.zeros(n)
        outcomes = {"clean": Outcome(right, nothing, nothing, 0.0)}
        attacks: dict[str, Attack] = {}
        state = (right, nothing, nothing)
        for eps in sorted(self.radii):
            for name, attack in self.climbs(density, usable, eps).items():
                label = f"{name} at {eps:g}"
                state = after(model, label, attack, (x, y), state, folder)
                outcomes[label], attacks[label] = Outcome(*state, 0.0), attack
        return Measured(outcomes, {"gamma": self.gamma, "usable": usable, "allowed": ALLOWED}, attacks)

    def climbs(self, density: KernelDensity, usable: float, eps: float) -> dict[str, Attack]:
        """R2 in its two forms: along the two gradients by turns, then towards the features of training images."""
        matching = FeatureMatching(
            density.centres,
            eps,
            self.climbed,
            finish=0,
            targets=self.neighbours,
            labels=density.label,
            detector=density,
            threshold=usable,
            precision="fast",
        )
        return {
            "detector-aware PGD": DetectorAwarePGD(density, usable, eps, self.climbed, restarts=2, precision="fast"),
            "and R2": matching,
        }


def after(
    model: Classifier,
    label: str,
    attack: Attack,
    data: tuple[Images, Labels],
    state: tuple[Tensor, Tensor, Tensor],  # what stands, and how far the rest was moved (L-infinity, L2)
    folder: Path,
) -> tuple[Tensor, Tensor, Tensor]:
    """What stands after one more attack. What a smaller ball or an earlier attack has broken is not attacked again."""
    stands, linf, l2 = (t.clone() for t in state)
    rows = stands.nonzero()[:, 0]
    if len(rows) == 0:
        return stands, linf, l2
    x, y = (part[rows.to(part.device)] for part in data)
    found = craft(model, label, attack, (x, y), folder).outcome
    stands[rows] = found.correct
    broken = rows[~found.correct]
    linf[broken], l2[broken] = found.linf[~found.correct], found.l2[~found.correct]
    return stands, linf, l2
