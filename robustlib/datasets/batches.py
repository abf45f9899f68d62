"""Batches of single images: every image once, or so many of each class."""

from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from robustlib.datasets.loader import Augmentation, Batch, Loader, at_least_one, augmented
from robustlib.datasets.split import Split
from robustlib.door import check_labels


@dataclass(frozen=True)
class Batches:
    """Every image once a pass: (x, y)."""

    size: int = 128  # images, >= 1
    shuffle: bool = True
    drop_last: bool = False  # leave out a last, smaller batch
    augment: Augmentation | None = None

    def __post_init__(self) -> None:
        at_least_one(size=self.size)

    def __call__(self, split: Split) -> Loader:
        return Loader(self, split)

    def count(self, n: int) -> int:
        """Batches of a split with n images."""
        return n // self.size if self.drop_last else -(-n // self.size)

    def indices(self, split: Split) -> list[Tensor]:
        """Image positions, (size,) each."""
        order = torch.randperm(len(split)) if self.shuffle else torch.arange(len(split))
        return list(order.split(self.size))[: self.count(len(split))]

    def batch(self, split: Split, index: Int[Tensor, " b"]) -> Batch:
        """(x, y)"""
        x, y = split[index]
        return augmented(self.augment, x), y


@dataclass(frozen=True)
class Balanced:
    """P classes with K images each in every batch, (x, y): for batch-hard mining (Hermans et al. 2017, section 2).

    A class is gone through in random order before any of its images returns. A batch never holds an image twice.
    Raises: ValueError if a class has fewer than K images, or the split fewer than P classes.
    """

    classes_per_batch: int | None = None  # P; None: all classes of the split
    per_class: int = 12  # K, >= 1
    augment: Augmentation | None = None

    def __post_init__(self) -> None:
        at_least_one(
            per_class=self.per_class, classes_per_batch=1 if self.classes_per_batch is None else self.classes_per_batch
        )

    def __call__(self, split: Split) -> Loader:
        if not len(split):
            raise ValueError(f"{split.name}: it has no images")
        check_labels(split.y, len(split))
        sizes = split.y.bincount()
        present = int((sizes > 0).sum())
        p = present if self.classes_per_batch is None else self.classes_per_batch
        if p > present:
            raise ValueError(f"{split.name}: {p} classes a batch are asked for, it has {present}")
        least = int(sizes[sizes > 0].min())
        if least < self.per_class:
            raise ValueError(
                f"{split.name}: its smallest class has {least} images, {self.per_class} a batch are asked for"
            )
        return Loader(Balanced(p, self.per_class, self.augment), split)

    def count(self, n: int) -> int:
        """As many batches as hold n images."""
        return max(1, n // ((self.classes_per_batch or 1) * self.per_class))

    def indices(self, split: Split) -> list[Tensor]:
        """Image positions, (P * K,) each, class after class."""
        y = split.y.cpu()
        classes = y.unique()
        members = [(y == c).nonzero().squeeze(1) for c in classes]
        waiting = [m[torch.randperm(len(m))] for m in members]
        batches = []
        for _ in range(self.count(len(split))):
            rows = []
            for c in torch.randperm(len(classes))[: self.classes_per_batch].tolist():
                if len(waiting[c]) < self.per_class:
                    waiting[c] = members[c][torch.randperm(len(members[c]))]
                rows.append(waiting[c][: self.per_class])
                waiting[c] = waiting[c][self.per_class :]
            batches.append(torch.cat(rows))
        return batches

    def batch(self, split: Split, index: Int[Tensor, " b"]) -> Batch:
        """(x, y)"""
        x, y = split[index]
        return augmented(self.augment, x), y
