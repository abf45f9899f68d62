"""The straight way from an adversarial example back to the image, as far as the aim allows."""

from collections.abc import Callable

import torch
from jaxtyping import Bool
from torch import Tensor

from robustlib.geometry import per_example
from robustlib.interfaces import Images

BISECTIONS = 8  # a result is at most 1/256 longer than the way is


def straight_back(reached: Callable[[Images], Bool[Tensor, " n"]], x: Images, x_adv: Images) -> Images:
    r"""Bisect :math:`x + \lambda (x' - x)` for the smallest :math:`\lambda` that still reaches the aim.

    `reached` says of each image of such a batch whether it does; x_adv itself is taken to. Where no point nearer to x
    does, and where x_adv is x, the result is x_adv bit by bit.
    """
    low, high = torch.zeros_like(x.flatten(1)[:, 0]), torch.ones_like(x.flatten(1)[:, 0])
    best, away = x_adv, x_adv - x
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        between = (x + per_example(middle, x) * away).clamp_(0, 1)
        success = reached(between)
        low, high = torch.where(success, low, middle), torch.where(success, middle, high)
        best = torch.where(per_example(success, x), between, best)
    return best
