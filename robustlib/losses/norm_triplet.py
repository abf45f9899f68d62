"""AT2L's triplet loss: a hinge on the difference of two distances in any p-norm, of logits as the paper has it."""

import math

import torch
from torch import Tensor

from robustlib.interfaces import Features, PerExample
from robustlib.losses.wide import alike


def norm_distance(a: Tensor, b: Tensor, norm: float = math.inf) -> Tensor:
    r""":math:`\|a - b\|_p` over the last axis; the others broadcast. With p = inf its gradient moves one number (of
    several that are equally far apart, all alike), and where the points meet it is 0 for every p.
    """
    return torch.linalg.vector_norm(a - b, norm, dim=-1)


def norm_triplet(
    anchor: Features, positive: Features, negative: Features, margin: float = 1.0, *, norm: float = math.inf
) -> PerExample:
    r"""Hinge on the difference of two distances, which are not squared.

    .. math:: L = \max\left\{\|f(x^a) - f(x^p)\|_p - \|f(x^a) - f(x^n)\|_p + \alpha,\; 0\right\}

    Source: Li et al. 2019 (AT2L), section 3.1 and the second sum of equation 2, where x^a is the attacked image, x^p
    the clean one and f the logits; p = inf there, 2 is the ablation. The margin alpha is in units of f, not squared as
    that of `triplet`. Shapes: (n, d) thrice -> (n,). Range: [0, inf); alpha where all three points meet.

    Raises: ValueError unless margin >= 0 and norm >= 1.
    """
    if not margin >= 0 or not norm >= 1:
        raise ValueError(f"the triplet needs a margin >= 0 and a p-norm with p >= 1, got margin={margin}, p={norm}")
    anchor, positive, negative = alike(anchor, positive, negative)
    near, far = norm_distance(anchor, positive, norm), norm_distance(anchor, negative, norm)
    return torch.relu(near - far + margin)
