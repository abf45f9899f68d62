"""What an attack costs: how often an image goes through the network, forwards and backwards."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from robustlib.door import check_inputs
from robustlib.interfaces import Attack, Images, Labels
from robustlib.models.classifier import body_and_head


@dataclass
class Passes:
    """Images that went through the body: every image of every batch counts."""

    forward: int = 0
    backward: int = 0


@dataclass(frozen=True)
class Cost:
    """The mean cost of attacking one image."""

    forward: float  # passes per image
    backward: float  # passes per image
    seconds: float  # per image
    n: int


@contextmanager
def counting(model: nn.Module) -> Iterator[Passes]:
    """Count what goes through the model within the block: through the body of the library's own `Classifier`, whose
    head may be asked apart, and through any other module as a whole, compiled and traced ones too.

    Raises: ValueError for a module that takes no hook (a frozen or scripted one), as its passes cannot be counted.
    """
    passes, parts = Passes(), body_and_head(model)

    def went_forward(module: nn.Module, given: Any, out: Any) -> None:
        if not isinstance(out, Tensor):
            return  # no logits: whoever asked will say so
        passes.forward += len(out)
        if out.requires_grad:
            out.register_hook(came_back)

    def came_back(g: Tensor) -> None:
        passes.backward += len(g)

    try:
        handle = (parts[0] if parts else model).register_forward_hook(went_forward)
    except RuntimeError as error:
        raise ValueError(
            f"the passes through a {type(model).__name__} cannot be counted ({error}): "
            "count those of the module that it was made from, or of a module that calls it"
        ) from error
    try:
        yield passes
    finally:
        handle.remove()


def cost(model: nn.Module, attack: Attack, x: Images, y: Labels) -> Cost:
    """The attack's mean cost per image on one batch.

    A backward pass is counted each time a gradient flows into the body's output; an attack that reuses one forward for
    ten gradients counts one and ten.
    Raises: ValueError for an empty batch, for bad images or labels, and as `counting`.
    """
    check_inputs(model, x, y)
    if len(x) == 0:
        raise ValueError("the cost per image needs at least one image")
    started = time.perf_counter()
    with counting(model) as passes:
        attack(model, x, y)
    if x.device.type == "cuda":  # a GPU is still at work when the attack returns
        torch.cuda.synchronize(x.device)
    seconds = time.perf_counter() - started
    return Cost(passes.forward / len(x), passes.backward / len(x), seconds / len(x), len(x))
