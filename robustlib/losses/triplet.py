"""The triplet loss: an anchor should be nearer to its own class than to another, by a margin."""

import torch
from jaxtyping import Float
from torch import Tensor

from robustlib.interfaces import Features, PerExample
from robustlib.losses.wide import alike, wide


def distances(z: Features, centres: Float[Tensor, "m d"], *, squared: bool = True) -> Float[Tensor, "n m"]:
    r"""All Euclidean distances :math:`\|z_i - c_j\|`, squared by default. Shapes (n, d), (m, d) -> (n, m).

    Computed from differences, not from :math:`\|z\|^2 - 2 z c + \|c\|^2`: no cancellation between near points.
    """
    square = (wide(z)[:, None] - wide(centres)[None]).square().sum(-1)
    return square if squared else (square + 1e-12).sqrt()


def triplet(anchor: Features, positive: Features, negative: Features, margin: float = 1.0) -> PerExample:
    r"""Hinge on the difference of two squared distances.

    .. math:: L_{tri} = \max\left(0,\; \|z_a - z_p\|_2^2 - \|z_a - z_n\|_2^2 + m\right)

    Source: Schroff et al. 2015 (FaceNet), equation 2; Fostiropoulos et al. 2020, section 2.1 (Euclidean norm, margin;
    the report prints no formula). Range: [0, inf); 0 once the negative is further than the positive by the margin.

    Raises: ValueError if margin < 0.
    """
    if margin < 0:
        raise ValueError(f"the triplet margin must be >= 0, got {margin}")
    anchor, positive, negative = alike(anchor, positive, negative)
    near = (anchor - positive).square().sum(1)
    far = (anchor - negative).square().sum(1)
    return torch.relu(near - far + margin)
