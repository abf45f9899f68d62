"""The attack R2 on a kernel-density detector: what stands in L-infinity balls against attackers who know it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from robustlib.attacks import DetectorAwarePGD, FeatureMatching, threshold_at
from robustlib.detectors import KernelDensity
from robustlib.evaluation import Outcome, worst_case
from robustlib.experiments.crafting import craft
from robustlib.experiments.densities import fitted_density
from robustlib.experiments.experiment import Measured
from robustlib.experiments.halves import for_thresholds
from robustlib.experiments.oblivious import BF16
from robustlib.experiments.white_box import ALLOWED
from robustlib.interfaces import Attack
from robustlib.models.classifier import Classifier


@dataclass(frozen=True)
class Adaptive:
    """Measures one network with its kernel density at a threshold that could be used, at every radius."""

    network: str  # the experiment whose weights these are
    gamma: float  # of the kernel density, as printed for this loss
    radii: tuple[float, ...]  # L-infinity, pixel units of [0, 1]
    climbed: int = 200  # steps
    neighbours: int = 10  # training images that are walked to

    def __call__(self, model: Classifier, dataset: Any, n: int, folder: Path) -> Measured:
        density = fitted_density(self.network, model, dataset, self.gamma)
        usable = threshold_at(density, for_thresholds(dataset)[:][0], ALLOWED)
        outcomes: dict[str, Outcome] = {}
        attacks: dict[str, Attack] = {}
        for eps in self.radii:
            plans = {f"{k} at {eps:g}": attack for k, attack in self.climbs(density, usable, eps).items()}
            made = {name: craft(model, name, attack, dataset.test[:n], folder) for name, attack in plans.items()}
            rows = {name: found.outcome for name, found in made.items()}
            outcomes |= rows | {f"worst case at {eps:g}": worst_case(rows)}
            attacks |= plans
        right = next(iter(made.values())).right
        outcomes["clean"] = Outcome(right, *(torch.zeros(n),) * 2, 0.0)
        return Measured(outcomes, {"gamma": self.gamma, "usable": usable, "allowed": ALLOWED}, attacks)

    def climbs(self, density: KernelDensity, usable: float, eps: float) -> dict[str, Attack]:
        """R2 in its two forms: towards training images' features, and along the two gradients by turns."""
        matching = FeatureMatching(
            density.centres,
            eps,
            self.climbed,
            finish=0,
            targets=self.neighbours,
            labels=density.label,
            detector=density,
            threshold=usable,
            precision=BF16,
        )
        return {
            "R2 feature matching": matching,
            "detector-aware PGD": DetectorAwarePGD(density, usable, eps, self.climbed, restarts=2, precision=BF16),
        }
