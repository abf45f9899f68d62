"""The triplet loss of TLA: a hinge on the difference of two angles, so that the length of an embedding is free."""

import torch
from torch import Tensor

from robustlib.interfaces import Features, PerExample
from robustlib.losses.wide import alike


def angular_distance(a: Tensor, b: Tensor) -> Tensor:
    r""":math:`1 - |\cos(a, b)|` over the last axis; the others broadcast. In [0, 1]: opposite directions are as near as
    equal ones, and a vector of length 0 is at distance 1 from all.
    """
    return 1 - (_unit(a) * _unit(b)).sum(-1).abs()


def angular_triplet(anchor: Features, positive: Features, negative: Features, margin: float = 0.05) -> PerExample:
    r"""Hinge on the difference of two angular distances.

    .. math:: L = \max\left\{D(z_a, z_p) - D(z_a, z_n) + m,\; 0\right\}, \qquad
              D(u, v) = 1 - \frac{|u^\top v|}{\|u\|_2 \|v\|_2}

    Source: Mao et al. 2019 (Metric Learning for Adversarial Robustness, TLA), section 4, on penultimate features; their
    margins are 0.05 on MNIST and 0.03 on CIFAR-10. Shapes: (n, d) thrice -> (n,). Range: [0, 1 + m].

    Raises: ValueError unless margin >= 0.
    """
    if not margin >= 0:
        raise ValueError(f"the margin of the angular triplet must be >= 0, got {margin}")
    anchor, positive, negative = alike(anchor, positive, negative)
    return torch.relu(angular_distance(anchor, positive) - angular_distance(anchor, negative) + margin)


def _unit(z: Tensor) -> Tensor:
    """The direction; 1e-12: with a finite gradient also at length 0."""
    return z / (z.square().sum(-1, keepdim=True) + 1e-12).sqrt()
