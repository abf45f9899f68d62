"""What the estimates share: random directions, how many of them, and the root of a mean square."""

import torch
from torch import Tensor

from robustlib.geometry import draw, per_example
from robustlib.interfaces import PerExample


def unit_directions(like: Tensor) -> Tensor:
    """Directions of this shape, of length 1 for each example and independent between them, uniform on the sphere."""
    normal = draw(tuple(like.shape), like, "normal")
    return normal / per_example(normal.flatten(1).square().sum(1).sqrt(), normal)


def root(square: PerExample) -> PerExample:
    """The square root, whose gradient is 0 and not infinite at 0."""
    return torch.where(square > 0, square.clamp(min=torch.finfo(square.dtype).tiny).sqrt(), square)


def at_least_one(projections: int) -> None:
    """Raises: ValueError unless there is a projection."""
    if projections < 1:
        raise ValueError(f"an estimate of the Jacobian needs projections >= 1, got {projections}; more vary less")
