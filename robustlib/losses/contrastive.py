"""The Siamese loss: pairs of one class are pulled together, pairs of two classes pushed apart up to a margin."""

import torch
from jaxtyping import Bool
from torch import Tensor

from robustlib.interfaces import Features, PerExample
from robustlib.losses.wide import alike


def contrastive(first: Features, second: Features, same: Bool[Tensor, " n"], margin: float = 1.0) -> PerExample:
    r"""Half the squared distance of a pair of one class; of two, half the square of what it lacks to the margin.

    .. math:: L = \tfrac12 g^2 \text{ if same class}, \qquad L = \tfrac12 \max(0,\; m - g)^2 \text{ if not},
              \qquad g = \|z_1 - z_2\|_2

    The margin m is in feature units, not squared as that of `triplet`. Range: [0, inf); 0 for a pair of one class only
    where the two points meet, 0 for a pair of two classes from the margin on. Where two points of different classes
    meet, the gradient has no direction and is 0. Shapes: (n, d), (n, d), (n,) -> (n,).

    Source: Hadsell et al. 2006, equations 1 and 4. Their Y is 1 for a pair of two classes.

    Raises: ValueError unless margin > 0 (with none, everything in one point is the best embedding), and unless `same`
    holds one bool for each pair.
    """
    if not margin > 0:
        raise ValueError(f"the contrastive margin must be > 0, got {margin}")
    if same.dtype != torch.bool or same.shape != first.shape[:1]:
        raise ValueError(f"same needs one bool for each of {len(first)} pairs, got {same.dtype} {tuple(same.shape)}")
    first, second = alike(first, second)
    square = (first - second).square().sum(1)
    lacking = torch.relu(margin - (square + 1e-12).sqrt())  # 1e-12: a finite gradient also where the points meet
    return torch.where(same, square, lacking.square()) / 2
