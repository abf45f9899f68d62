"""The one place that asks autograd for the pixels' gradient, and that leaves the model as it was."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from robustlib.interfaces import Images, Logits
from robustlib.precision import Precision, resolve


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Hold every submodule in eval mode (no dropout, fixed batch-norm statistics), then give each its own mode back."""
    training = [module for module in model.modules() if module.training]
    try:
        for module in training:
            module.training = False
        yield
    finally:
        for module in training:
            module.training = True


def search_logits(model: nn.Module, x: Images, precision: Precision = None) -> Logits:
    """The logits an attack climbs on: of the model itself, or of a reduced-precision forward of its body.

    With `precision=torch.bfloat16` autocast and channels_last wrap the body only; the head, and everything computed
    from its logits, stays float32. With None an outer autocast is switched off: the forward is float32.
    """
    dtype = resolve(precision, x.device)
    if dtype is not None and x.ndim == 4:
        x = x.to(memory_format=torch.channels_last)
    if dtype is None or dtype == torch.float32:
        with torch.autocast(x.device.type, enabled=False):
            return model(x)
    body = getattr(model, "body", None)
    with torch.autocast(x.device.type, dtype=dtype):
        out = model(x) if body is None else body(x)
    if body is None:
        return out.float()
    with torch.autocast(x.device.type, enabled=False):
        return getattr(model, "head")(out.float())  # noqa: B009 (typed as Tensor otherwise)


def input_gradient(scores: Callable[[Images], tuple[Tensor, Tensor]], x: Images) -> tuple[Tensor, Images]:
    """The gradient of a per-example score with respect to the pixels: no parameter's gradient is computed or touched.

    `scores(x)` returns (something to keep, per-example score). Works under `torch.no_grad`.

    Returns: what was kept (detached), and the gradient, of x's shape.
    Raises: RuntimeError if the score does not depend on x (a defence that detaches its input).
    """
    with torch.enable_grad(), torch.autocast(x.device.type, enabled=False):  # on a CPU it would reach the backward too
        x = x.detach().requires_grad_(True)
        kept, score = scores(x)
        (g,) = torch.autograd.grad(score.sum(), x)
    return kept.detach(), g


def input_gradients(
    scores: Callable[[Images], tuple[Tensor, Tensor]], x: Images
) -> tuple[Tensor, Callable[[int], Images]]:
    """The gradients of several scores per example, of shape (n, s), from one forward: for attacks that compare classes.

    Each call of what is returned costs one backward and holds one gradient, so that a thousand classes need the memory
    of one. As in `input_gradient`, no parameter's gradient is computed, and it works under `torch.no_grad`.

    Returns: what was kept (detached), and a function from a column of the scores to its gradient, of x's shape.
    Raises: RuntimeError, when that is called, if the scores do not depend on x.
    """
    with torch.enable_grad(), torch.autocast(x.device.type, enabled=False):
        x = x.detach().requires_grad_(True)
        kept, values = scores(x)

    def gradient(column: int) -> Images:
        one = torch.zeros_like(values)
        one[:, column] = 1
        with torch.autocast(x.device.type, enabled=False):
            return torch.autograd.grad(values, x, one, retain_graph=True)[0]

    return kept.detach(), gradient
