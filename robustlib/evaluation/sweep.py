"""Robust accuracy as a function of the radius."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from robustlib.evaluation.outcome import Outcome, checksum
from robustlib.evaluation.under_attack import attack_standing
from robustlib.evaluation.verdicts import correct, draws_of, images_and_labels, seeded
from robustlib.interfaces import Attack


def sweep(
    model: nn.Module,
    attack_at: Callable[[float], Attack],
    radii: Sequence[float],
    data: Any,  # a Split, or (x, y)
    *,
    seed: int = 0,
    batch: int = 250,
) -> dict[float, Outcome]:
    """The outcome at every radius, smallest first.

    An image broken at one radius is broken at every larger one, because the smaller ball lies inside the larger: it
    is not attacked again, keeps the distance at which it broke, and the curve cannot rise. Radius 0 is the clean
    accuracy.

    Raises: ValueError for a radius that is negative or NaN.
    """
    if not all(eps >= 0 for eps in radii):
        raise ValueError(f"radii must be >= 0, got {list(radii)}")
    x, y = images_and_labels(data)
    with seeded(seed, "clean", x.device):
        standing = correct(model, x, y, batch)
    draws = draws_of(model, x[:batch], seed)
    linf = l2 = torch.zeros(len(x), dtype=torch.float32)
    examples = checksum(x, y)
    outcomes: dict[float, Outcome] = {}
    for eps in sorted(radii):
        with seeded(seed, f"eps={eps:g}", x.device):
            found = attack_standing(model, attack_at(eps), x, y, standing, batch)
        tried = standing.cpu()
        linf, l2 = torch.where(tried, found.linf, linf), torch.where(tried, found.l2, l2)
        outcomes[eps] = replace(found, linf=linf, l2=l2, draws=draws, examples=examples)
        standing = found.correct.to(x.device)
    return outcomes
