"""The substitute that `BPDA` takes by default."""

from torch import Tensor


def identity(x: Tensor) -> Tensor:
    """The substitute of a part that keeps the shape and nearly the values: the straight-through gradient."""
    return x
