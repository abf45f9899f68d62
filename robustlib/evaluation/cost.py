"""What an attack costs: how often an image goes through the network, forwards and backwards."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from robustlib.interfaces import Attack, Images, Labels


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
    """Count what goes through the model's body (or the model itself, where it has none) within the block."""
    passes, body = Passes(), getattr(model, "body", model)

    def went_forward(module: nn.Module, given: Any, out: Tensor) -> None:
        passes.forward += len(out)
        if out.requires_grad:
            out.register_hook(came_back)

    def came_back(g: Tensor) -> None:
        passes.backward += len(g)

    handle = body.register_forward_hook(went_forward)
    try:
        yield passes
    finally:
        handle.remove()


def cost(model: nn.Module, attack: Attack, x: Images, y: Labels) -> Cost:
    """The attack's mean cost per image on one batch.

    A backward pass is counted each time a gradient flows into the body's output; an attack that reuses one forward for
    ten gradients counts one and ten.
    Raises: ValueError for an empty batch.
    """
    if len(x) == 0:
        raise ValueError("the cost per image needs at least one image")
    started = time.perf_counter()
    with counting(model) as passes:
        attack(model, x, y)
    if x.device.type == "cuda":  # a GPU is still at work when the attack returns
        torch.cuda.synchronize(x.device)
    seconds = time.perf_counter() - started
    return Cost(passes.forward / len(x), passes.backward / len(x), seconds / len(x), len(x))
