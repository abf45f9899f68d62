"""The validation split in two: one half serves choices, the other what is decided by them."""

from typing import Any


def for_choices(dataset: Any) -> Any:
    """The first half, for choices such as gamma; of MNIST the first 250 embedded images of each class."""
    return dataset.validation.subset(slice(None, len(dataset.validation) // 2), f"{dataset.name}/choices")


def for_thresholds(dataset: Any) -> Any:
    """The second half, for thresholds: clean images that no weight and no choice has seen."""
    return dataset.validation.subset(slice(len(dataset.validation) // 2, None), f"{dataset.name}/thresholds")
