"""The limit of passes: what would take one more is stopped before it does."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from robustlib.evaluation.cost import Passes
from robustlib.models.classifier import body_and_head


class LimitReached(Exception):
    """No pass is left. Not a RuntimeError or ValueError, which checks take for an answer of the model."""


@contextmanager
def at_most(allowed: float, model: nn.Module, went: Passes) -> Iterator[None]:
    """Within, no image goes through the model beyond so many passes, forward and backward, of those that `went` counts.

    Raises: LimitReached, out of the model's forward or the backward, before the pass that would be one too many.
    """

    def ask(images: int) -> None:
        if went.forward + went.backward + images > allowed:
            raise LimitReached

    def before(module: nn.Module, given: Any) -> None:
        ask(len(given[0]) if given and isinstance(given[0], Tensor) else 0)

    def after(module: nn.Module, given: Any, out: Any) -> None:
        if isinstance(out, Tensor) and out.requires_grad:
            out.register_hook(lambda g: ask(len(g)))

    parts = body_and_head(model)
    asked = parts[0] if parts else model
    # First in line, so that a pass is refused before it is counted.
    handles = [asked.register_forward_pre_hook(before), asked.register_forward_hook(after, prepend=True)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
