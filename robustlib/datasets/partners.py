"""Random partners: another image of the same class, or one of any other class."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from robustlib.door import check_labels
from robustlib.interfaces import Labels


class Partners:
    """The images of a split in class blocks, so that a partner is one draw and one look-up, without rejection.

    A block that is cut out of the line (the own class, or the own image) is stepped over, so every draw counts.
    """

    def __init__(self, y: Labels, name: str = "labels") -> None:
        check_labels(y, len(y))
        self.name = name
        self.y = y.cpu()
        self.order = self.y.argsort(stable=True)  # positions, class after class
        self.place = torch.empty_like(self.order)
        self.place[self.order] = torch.arange(len(self.order))  # where in `order` each position stands
        self.sizes = self.y.bincount()
        self.starts = self.sizes.cumsum(0) - self.sizes

    def check(self, *, same: bool, other: bool) -> None:
        """Raises: ValueError if some image has no partner of the kinds asked for."""
        if same and (self.sizes == 1).any():
            lonely = int((self.sizes == 1).nonzero()[0])
            raise ValueError(
                f"{self.name}: class {lonely} has a single image, a pair of one class needs two; leave it out"
            )
        if other and int((self.sizes > 0).sum()) < 2:
            raise ValueError(f"{self.name}: it has one class only, a pair of two classes needs two")

    def same(self, i: Int[Tensor, " b"]) -> Int[Tensor, " b"]:
        """For each image another one of its class, uniformly."""
        c = self.y[i]
        own = self.place[i]
        drawn = self.starts[c] + _below(self.sizes[c] - 1)
        return self.order[drawn + (drawn >= own)]

    def other(self, i: Int[Tensor, " b"]) -> Int[Tensor, " b"]:
        """For each image one of another class, uniformly over images."""
        c = self.y[i]
        drawn = _below(len(self.y) - self.sizes[c])
        return self.order[drawn + self.sizes[c] * (drawn >= self.starts[c])]


def _below(limit: Int[Tensor, " b"]) -> Int[Tensor, " b"]:
    """A whole number in 0 .. limit - 1 for each limit, uniform to 2**-30 for a million images."""
    draw: Float[Tensor, " b"] = torch.rand(len(limit), dtype=torch.float64)
    return (draw * limit).long().minimum(limit - 1)
