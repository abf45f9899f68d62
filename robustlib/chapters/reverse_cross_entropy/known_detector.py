"""The detector that attackers of this chapter know, and the two thresholds at which they meet it."""

from typing import Any

from torch import Tensor

from robustlib.attacks import threshold_at
from robustlib.detectors import KernelDensity
from robustlib.evaluation.verdicts import correct
from robustlib.experiments.densities import fitted_density
from robustlib.experiments.detector_rows import clean_row, detector_scores
from robustlib.experiments.measurement import Subject
from robustlib.experiments.rows import Row
from robustlib.interfaces import Detector

DENSITY = "K-density"  # at the gamma that the paper prints for the loss
MEDIAN = 0.5  # share of clean images that the paper's threshold rejects
USABLE = 0.05  # share that a detector may reject where it is used
IMAGES = {MEDIAN: "first 2000 training images", USABLE: "second half of validation"}


def known_detector(on: Subject, gamma: float, *shares: float) -> tuple[KernelDensity, dict[float, float], list[Row]]:
    """The density, its thresholds for these shares, and the rows that say so, with the accuracy before any attack."""
    density = fitted_density(on.network, on.model, on.dataset, gamma, on.seed)
    at = thresholds(density, on.dataset, *shares)
    rows = [Row("threshold", at[k], defense=DENSITY, false_positives=k, images=IMAGES[k]) for k in shares]
    clean = clean_row(correct(on.model, *on.dataset.test[: on.n]).cpu())
    return density, at, [Row("gamma", gamma, defense=DENSITY), *rows, clean]


def thresholds(detector: Detector, dataset: Any, *shares: float) -> dict[float, float]:
    """By the share of clean images that they reject: the paper's, which is -eta, and one from held-out images."""
    images = {MEDIAN: dataset.train[:2000], USABLE: dataset.thresholds[:]}
    return {share: threshold_at(detector, images[share][0], share) for share in shares}


def held_out(detector: Detector, dataset: Any) -> Tensor:
    """What a detector says of clean images that no weight and no choice has seen: its thresholds come from these."""
    return detector_scores(detector, dataset.thresholds[:][0])
