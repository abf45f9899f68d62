"""Detectors against attackers who know them (Pang et al. 2018, section 4.4): table 3, and the attack R1."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from robustlib.attacks import (
    DDN,
    CarliniWagnerWB,
    DetectorAwareCW,
    Relabel,
    random_class,
    threshold_at,
)
from robustlib.detectors import KernelDensity
from robustlib.evaluation import Outcome
from robustlib.experiments.crafting import Crafted, craft
from robustlib.experiments.densities import fitted_density
from robustlib.experiments.experiment import Measured
from robustlib.experiments.halves import for_thresholds
from robustlib.experiments.pictures import pictures
from robustlib.experiments.scoring import quantiles, share
from robustlib.interfaces import Attack
from robustlib.models.classifier import Classifier

ALLOWED = 0.05  # clean images that the detector may refuse where it is used


@dataclass(frozen=True)
class WhiteBox:
    """Measures one network with its kernel-density detector, at the paper's threshold and at a usable one."""

    network: str  # the experiment whose weights these are
    gamma: float  # of the kernel density, as printed for this loss
    binary_search_steps: int = 5
    steps: int = 500  # of C&W-wb for each c; paper: 9 x 10,000
    targets: int = 3  # classes that R1 aims at
    tuned_steps: int = 150  # of R1 for each c and class
    median_images: int = 50  # of R1 at the printed threshold: to tell the attack from the threshold

    def __call__(self, model: Classifier, dataset: Any, n: int, folder: Path) -> Measured:
        density = fitted_density(self.network, model, dataset, self.gamma)
        median = threshold_at(density, dataset.train[:2000][0], 0.5)  # -eta
        usable = threshold_at(density, for_thresholds(dataset)[:][0], ALLOWED)
        few = dataset.test[:n]
        searches = self.searches(density, median, usable)
        images = dict.fromkeys(searches, few) | {"R1 at the median": dataset.test[: min(n, self.median_images)]}
        made = {name: craft(model, name, attack, images[name], folder, batch=50) for name, attack in searches.items()}
        outcomes = {name: found.outcome for name, found in made.items()}
        facts: dict[str, Any] = {"gamma": self.gamma, "median": median, "usable": usable, "allowed": ALLOWED}
        facts["hidden"] = {name: hidden(found) for name, found in made.items()}
        if dataset.name == "mnist":  # images of CIFAR-10 are not ours to publish
            facts["pictures"] = {name: pictures(model, found) for name, found in made.items()}
        right = made["R1"].right
        outcomes["clean"] = Outcome(right, *(torch.zeros(len(right)),) * 2, 0.0)
        return Measured(outcomes, facts, searches)

    def searches(self, density: KernelDensity, median: float, usable: float) -> dict[str, Attack]:
        """C&W-wb as printed, the same without the exponential, and R1 against a detector that could be used."""
        budget: dict[str, Any] = {"binary_search_steps": self.binary_search_steps, "steps": self.steps, "c": 1.0}
        printed = CarliniWagnerWB(**budget, targeted=True, detector=density, threshold=median)
        stable = DetectorAwareCW(**budget, targeted=True, detector=density, threshold=median)
        tuned = DetectorAwareCW(
            self.binary_search_steps, self.tuned_steps, c=1.0, warm_start=DDN(50, precision="fast"),
            targets=self.targets, detector=density, threshold=usable,
        )  # fmt: skip
        return {
            "C&W-wb as printed": Relabel(printed, random_class),
            "C&W-wb by log-sum-exp": Relabel(stable, random_class),
            "R1": tuned,
            "R1 at the median": replace(tuned, threshold=median),
        }


def hidden(found: Crafted) -> dict[str, Any]:
    """The share of attacked images that passed for normal ones, its interval, and their distortion.

    The attacks give the clean image back where nothing passed, so that the paper's ratio of f_2 > 0 is 1 - share.
    """
    hits, n = int(found.fooled.sum()), int(found.right.sum())
    return (share(hits, n) or {}) | {"distortion": quantiles(found.distortion) if hits else None}
