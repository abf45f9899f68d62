"""MadNet's pairs: every image with a partner, by a coin of the same class or of another."""

from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from robustlib.datasets.batches import Batches
from robustlib.datasets.loader import Augmentation, Batch, Loader, at_least_one, augmented
from robustlib.datasets.partners import Partners
from robustlib.datasets.split import Split


@dataclass(frozen=True)
class SiamesePairs:
    """Two images at a time: (x1, y1, x2, y2). Every image is x1 once a pass; with `pairs` so many are, drawn anew.

    With probability q, pair by pair, x2 is another image of the same class, uniformly; else a class is drawn uniformly
    from the other classes and x2 uniformly from its images. `Pairs` fixes the share in every batch, and draws from all
    images of other classes, so that large classes come more often.

    Source: Rozenberg et al. 2020 (MadNet), algorithm 1, lines 5 to 16. (Paper inconsistent: line 11 draws a class other
    than y_1 for every image, and line 14 then draws from the image's own class whatever the coin said. Paper silent on
    Q: 0.5 as in the released code.)

    Raises: ValueError for size or pairs < 1 or q outside [0, 1]; on a split in which a class has a single image, or
    which has a single class, where the pairs need more.
    """

    size: int = 128  # pairs, >= 1
    q: float = 0.5  # probability of a pair of one class, in [0, 1]
    drop_last: bool = False
    augment: Augmentation | None = None
    pairs: int | None = None  # of a pass, >= 1; None: one for each image

    def __post_init__(self) -> None:
        at_least_one(size=self.size, pairs=1 if self.pairs is None else self.pairs)
        if not 0 <= self.q <= 1:
            raise ValueError(f"SiamesePairs needs a probability q in [0, 1], got {self.q}")

    def __call__(self, split: Split) -> Loader:
        Partners(split.y, split.name).check(same=self.q > 0, other=self.q < 1)
        return Loader(self, split)

    def count(self, n: int) -> int:
        """Batches of a split with n images."""
        return Batches(self.size, drop_last=self.drop_last).count(min(n, self.pairs or n))

    def indices(self, split: Split) -> list[Tensor]:
        """Positions of x1 and x2, (2, size) each."""
        partners = Partners(split.y, split.name)
        first = torch.randperm(len(split))[: self.pairs]
        tossed = torch.rand(len(first)) < self.q
        second = torch.empty_like(first)
        second[tossed] = partners.same(first[tossed])
        second[~tossed] = of_another_class(partners, first[~tossed])
        return list(torch.stack((first, second)).split(self.size, dim=1))[: self.count(len(split))]

    def batch(self, split: Split, index: Int[Tensor, "2 b"]) -> Batch:
        """(x1, y1, x2, y2)"""
        x, y = split[index.flatten()]
        (x1, x2), (y1, y2) = augmented(self.augment, x).chunk(2), y.chunk(2)
        return x1, y1, x2, y2


def of_another_class(partners: Partners, i: Int[Tensor, " b"]) -> Int[Tensor, " b"]:
    """For each image one of another class, uniform over the other classes that have images, then over their images."""
    present = partners.sizes.nonzero().squeeze(1)
    rank = torch.searchsorted(present, partners.y[i])  # which of the classes present each image belongs to
    drawn = _below(torch.full_like(rank, max(1, len(present) - 1)))
    c = present[drawn + (drawn >= rank)] if len(i) else present[:0]
    return partners.order[partners.starts[c] + _below(partners.sizes[c])]


def _below(limit: Int[Tensor, " b"]) -> Int[Tensor, " b"]:
    """A whole number in 0 .. limit - 1 for each limit, uniformly."""
    return (torch.rand(len(limit), dtype=torch.float64) * limit).long().minimum(limit - 1)
