"""The loop that the iterative attacks share: gradient, step, and the examples that are already broken left alone."""

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor, nn

from robustlib.door import check_inputs, check_logits
from robustlib.gradient import evaluating, input_gradient, recording, search_logits
from robustlib.interfaces import Images, Labels, Loss
from robustlib.precision import Precision

Rows = Tensor | slice  # places in the batch; a slice while nobody can have left
# step(x_adv, x, g, rows): the next iterate, a new tensor, of the examples still under attack, `rows` of the batch
Step = Callable[[Images, Images, Images, Rows], Images]


class Climber(Protocol):
    """The fields that the loop reads from an attack."""

    @property
    def steps(self) -> int: ...
    @property
    def loss(self) -> Loss: ...
    @property
    def targeted(self) -> bool: ...
    @property
    def stop_early(self) -> bool: ...
    @property
    def precision(self) -> Precision: ...


def where_it_is(x: Images) -> Images:
    """The start of an attack that sets out from the clean image."""
    return x


def climb(
    attack: Climber,
    model: nn.Module,
    x: Images,
    y: Labels,
    step: Step,
    start: Callable[[Images], Images] = where_it_is,  # from the images, which have been checked, to the first iterate
) -> Images:
    """Take `attack.steps` steps from the start along the gradient of the loss; descend it if targeted.

    With `stop_early` an example is left at its first iterate that the float32 model gets wrong (or, if targeted,
    assigns to the target), and the others go on without it. The loss of the step's own forward decides, so this costs
    nothing; a verdict of a reduced-precision search is confirmed in float32 first. What the model is and answers is
    looked at once, at the first step, which is the only forward that looking costs.
    """
    modules = check_inputs(model, x, y)
    x = x.detach()
    if x.shape[0] == 0:
        return x.clone()
    moving, first = start(x), True
    rows = torch.arange(len(x), device=x.device) if attack.stop_early else None
    result = moving.clone() if attack.stop_early else moving

    def scores(x_adv: Images) -> tuple[Tensor, Tensor]:
        logits = search_logits(model, x_adv, attack.precision)
        if first:
            check_logits(logits, y)
        f = attack.loss(logits, y)
        return logits, -f if attack.targeted else f

    with evaluating(model, modules), recording():
        for _ in range(attack.steps):
            logits, g = input_gradient(scores, moving)
            first = False
            if rows is not None:
                broken = (logits.argmax(1) == y) == attack.targeted
                if attack.precision is not None and broken.any():
                    broken[broken.clone()] = is_broken(model, moving[broken], y[broken], attack.targeted)
                if broken.any():
                    result[rows[broken]] = moving[broken]
                    moving, x, y, g, rows = (t[~broken] for t in (moving, x, y, g, rows))
                if len(x) == 0:
                    return result
            moving = step(moving, x, g, slice(None) if rows is None else rows)
    if rows is None:
        return moving
    result[rows] = moving
    return result


@torch.no_grad()
def is_broken(model: nn.Module, x_adv: Images, y: Labels, targeted: bool = False) -> Tensor:
    """Which images the float32 model in eval mode gets wrong (or, targeted, assigns to the target), shape (n,)."""
    if len(x_adv) == 0:
        return torch.zeros(0, dtype=torch.bool, device=x_adv.device)
    with evaluating(model):
        return (search_logits(model, x_adv).argmax(1) == y) == targeted
