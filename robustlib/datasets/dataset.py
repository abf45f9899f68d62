"""A dataset is three splits; the halves of its validation split serve choices, and what is decided by them."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

import torch

from robustlib.datasets.split import Split


@dataclass(frozen=True, eq=False)
class Dataset:
    """Train, validation and test split of one dataset, with what a model needs to know about it."""

    name: str
    train: Split
    validation: Split
    test: Split
    classes: tuple[str, ...]  # names, in the order of the labels
    mean: tuple[float, ...]  # of train, one per channel, in units of [0, 1]
    std: tuple[float, ...]
    source: str  # "archive" or "embedded"

    @cached_property
    def sha256(self) -> str:
        """Hash of the three splits."""
        parts = [split.sha256 for split in (self.train, self.validation, self.test)]
        return hashlib.sha256("".join(parts).encode()).hexdigest()

    @property
    def choices(self) -> Split:
        """The first half of validation, for choices such as gamma; of MNIST 250 embedded images of each class."""
        return self.validation.subset(slice(None, len(self.validation) // 2), f"{self.name}/choices")

    @property
    def thresholds(self) -> Split:
        """The second half, for thresholds: clean images that no weight and no choice has seen."""
        return self.validation.subset(slice(len(self.validation) // 2, None), f"{self.name}/thresholds")

    def to(self, device: str | torch.device) -> "Dataset":
        """The same dataset on a device."""
        moved = {part: getattr(self, part).to(device) for part in ("train", "validation", "test")}
        return replace(self, **moved)
