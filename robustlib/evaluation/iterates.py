"""The way of an attack: where it asked the model for a gradient, step by step, and where it ended."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from robustlib.door import check_inputs
from robustlib.evaluation.verdicts import seeded
from robustlib.interfaces import Attack, Images, Labels
from robustlib.models.classifier import body_and_head

Path = Float[Tensor, "steps c h w"]  # versions of one image


def iterates(model: nn.Module, attack: Attack, x: Images, y: Labels, *, seed: int = 0) -> Path:
    """The points at which the attack asked for a gradient at one image, in their order, and its result as the last.

    For PGD in s steps these are s + 1: the start, after each step, and the result. The attack draws its random numbers
    from the seed; the generators are restored. An attack that asks for no gradient (a search by queries) has only its
    result.
    Raises: ValueError unless there is exactly one image, for an attack that asks about several at once (restarts side
    by side), for a module that takes no hook, and as the attack.
    """
    check_inputs(model, x, y)
    if len(x) != 1:
        raise ValueError(f"the way of an attack is that of one image, got {len(x)}; pass x[i : i + 1], y[i : i + 1]")
    asked, parts = [], body_and_head(model)

    def keep(module: nn.Module, given: Any) -> None:
        if given and isinstance(given[0], Tensor) and given[0].requires_grad:
            asked.append(given[0].detach().clone())

    try:
        handle = (parts[0] if parts else model).register_forward_pre_hook(keep)
    except RuntimeError as error:
        raise ValueError(
            f"a {type(model).__name__} takes no hook, so its attack cannot be followed: {error}"
        ) from error
    try:
        with seeded(seed, "iterates", x.device):
            result = attack(model, x, y)
    finally:
        handle.remove()
    if any(at.shape != x.shape for at in asked):
        raise ValueError(f"{attack!r} asks about several images at once: follow one without restarts")
    return torch.cat([*asked, result.detach()])
