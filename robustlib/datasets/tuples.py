"""Batches of pairs and triplets, for the losses that compare images."""

from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from robustlib.datasets.batches import Batches
from robustlib.datasets.loader import Augmentation, Batch, Loader, at_least_one, augmented
from robustlib.datasets.partners import Partners
from robustlib.datasets.split import Split


@dataclass(frozen=True)
class Pairs:
    """Two images at a time: (x1, y1, x2, y2). Every image is x1 once a pass.

    In each batch round(same * b) of the b pairs are of one class (another image of it, uniformly); in the rest x2 is
    drawn uniformly from all images of other classes.
    Raises: ValueError if a class has a single image, or the split a single class, where the pairs need more.
    """

    size: int = 128  # pairs, >= 1
    same: float = 0.5  # share of pairs of one class, in [0, 1]
    drop_last: bool = False
    augment: Augmentation | None = None

    def __post_init__(self) -> None:
        at_least_one(size=self.size)
        if not 0 <= self.same <= 1:
            raise ValueError(f"Pairs needs same in [0, 1], got {self.same}")

    def __call__(self, split: Split) -> Loader:
        Partners(split.y, split.name).check(same=self.same > 0, other=self.same < 1)
        return Loader(self, split)

    def count(self, n: int) -> int:
        """Batches of a split with n images."""
        return Batches(self.size, drop_last=self.drop_last).count(n)

    def indices(self, split: Split) -> list[Tensor]:
        """Positions of x1 and x2, (2, size) each."""
        partners = Partners(split.y, split.name)
        first = Batches(self.size, drop_last=self.drop_last).indices(split)
        return [torch.stack((i, self._second(i, partners))) for i in first]

    def _second(self, i: Int[Tensor, " b"], partners: Partners) -> Int[Tensor, " b"]:
        cut = round(self.same * len(i))
        return torch.cat((partners.same(i[:cut]), partners.other(i[cut:])))

    def batch(self, split: Split, index: Int[Tensor, "2 b"]) -> Batch:
        """(x1, y1, x2, y2)"""
        x, y = split[index.flatten()]
        (x1, x2), (y1, y2) = augmented(self.augment, x).chunk(2), y.chunk(2)
        return x1, y1, x2, y2


@dataclass(frozen=True)
class Triplets:
    """Anchor, another image of its class, one of another class: (a, p, n, y, y_n).

    Every image is anchor once a pass, or with `tuples` so many anchors are drawn, uniformly and with replacement. The
    triplets are new in every pass; with a `seed` they are one fixed list, gone through in a new order in every pass.
    Raises: ValueError if a class has a single image, or the split a single class.
    """

    size: int = 128  # triplets, >= 1
    drop_last: bool = False
    augment: Augmentation | None = None
    tuples: int | None = None  # triplets in a pass, >= 1; None: one for each image
    seed: int | None = None  # of the fixed list; None: resampled

    def __post_init__(self) -> None:
        at_least_one(size=self.size, tuples=1 if self.tuples is None else self.tuples)

    def __call__(self, split: Split) -> Loader:
        Partners(split.y, split.name).check(same=True, other=True)
        return Loader(self, split)

    def count(self, n: int) -> int:
        """Batches in a pass over a split with n images."""
        return Batches(self.size, drop_last=self.drop_last).count(n if self.tuples is None else self.tuples)

    def indices(self, split: Split) -> list[Tensor]:
        """Positions of anchor, positive and negative, (3, size) each."""
        if self.seed is None:
            drawn = self._draw(split)
        else:
            with torch.random.fork_rng(devices=[]):
                torch.default_generator.manual_seed(self.seed)  # torch.manual_seed would seed a GPU too
                drawn = self._draw(split)
            drawn = drawn[:, torch.randperm(drawn.shape[1])]
        return list(drawn.split(self.size, dim=1))[: self.count(len(split))]

    def _draw(self, split: Split) -> Int[Tensor, "3 m"]:
        """The triplets of a pass, from torch's global CPU generator."""
        partners, n = Partners(split.y, split.name), len(split)
        anchors = torch.randperm(n) if self.tuples is None else torch.randint(n, (self.tuples,))
        return torch.stack((anchors, partners.same(anchors), partners.other(anchors)))

    def batch(self, split: Split, index: Int[Tensor, "3 b"]) -> Batch:
        """(a, p, n, y, y_n)"""
        x, y = split[index.flatten()]
        (a, p, n), (y_a, _, y_n) = augmented(self.augment, x).chunk(3), y.chunk(3)
        return a, p, n, y_a, y_n
