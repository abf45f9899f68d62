"""The detector that attackers of this chapter know, and the two thresholds at which they meet it."""

from collections.abc import Mapping, Sequence
from typing import Any

from robustlib.attacks import threshold_at
from robustlib.detectors import KernelDensity
from robustlib.experiments.rows import Row
from robustlib.interfaces import Detector

DENSITY = "K-density"  # at the gamma that the paper prints for the loss
MEDIAN = 0.5  # share of clean images that the paper's threshold rejects
USABLE = 0.05  # share that a detector may reject where it is used


def thresholds(detector: Detector, dataset: Any, shares: Sequence[float] = (MEDIAN, USABLE)) -> dict[float, float]:
    """By the share of clean images that they reject: the paper's, which is -eta, and one from held-out images."""
    images = {MEDIAN: dataset.train[:2000], USABLE: dataset.thresholds[:]}
    return {share: threshold_at(detector, images[share][0], share) for share in shares}


def detector_rows(density: KernelDensity, found: Mapping[float, float]) -> list[Row]:
    """The gamma of the density, and its thresholds."""
    images = {MEDIAN: "first 2000 training images", USABLE: "second half of validation"}
    columns: dict[str, Any] = {"defense": DENSITY}
    rows = [Row("threshold", at, images=images[k], false_positives=k, **columns) for k, at in found.items()]
    return [Row("gamma", density.gamma, **columns), *rows]
