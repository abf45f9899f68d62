"""What an attack answers: images of the same kind, inside the ball and the box or not, right or wrong."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from robustlib.evaluation.verdicts import correct
from robustlib.geometry import Norm, per_example
from robustlib.interfaces import Attack, Images, Labels


def images_of(attack: Attack, model: nn.Module, x: Images, y: Labels) -> Images:
    """What the attack makes of copies of these images and labels, as plain pixels.

    Raises: ValueError unless they are as many, of the same shape and kind, and where the images were.
    """
    x_adv = attack(model, x.clone(), y.clone())
    if not isinstance(x_adv, Tensor):
        raise ValueError(f"{attack!r:.200} must return images, got a {type(x_adv).__name__}")
    for wanted, found in ((tuple(x.shape), tuple(x_adv.shape)), (x.dtype, x_adv.dtype), (x.device, x_adv.device)):
        if wanted != found:
            raise ValueError(f"{attack!r:.200} must return images as it got them, {wanted}, and returned {found}")
    return x_adv.detach()


def left_standing(
    attack: Attack,
    model: nn.Module,
    x: Images,
    y: Labels,
    asked: Tensor,
    batches: Iterable[Tensor],
    norm: Norm,
    eps: float,
) -> dict[str, Any]:
    """Which images of `asked` the model still gets right, (n,), and how far the attack went.

    An image that left the ball of radius eps or the box stands; "outside" counts them, "far", "low" and "high" are the
    largest perturbation and the extreme pixels.
    """
    limit = eps * (1 + 1e-5) + 1e-6
    right, outside, far, low, high = asked.clone(), 0, 0.0, 0.0, 1.0
    for rows in batches:
        at = rows.to(x.device)
        clean, labels = x[at], y[at]
        x_adv = images_of(attack, model, clean, labels)
        size, span = norm.size(x_adv - clean), x_adv.flatten(1)
        fits = (size <= limit) & (span.amin(1) >= 0) & (span.amax(1) <= 1)
        right[rows] = (correct(model, torch.where(per_example(fits, clean), x_adv, clean), labels) | ~fits).cpu()
        outside += int((~fits).sum())
        far, low, high = max(far, _worst(size)), min(low, -_worst(-span)), max(high, _worst(span))
    return {"right": right, "outside": outside, "far": far, "low": low, "high": high}


def _worst(values: Tensor) -> float:
    """The largest value, infinite where one is not a number."""
    return float(values.nan_to_num(torch.inf, torch.inf, -torch.inf).amax())
