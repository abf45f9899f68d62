"""The one place that asks the model, and autograd for the pixels' gradient, and that leaves both as they were."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import Tensor, nn

from robustlib.door import check_answer, check_gradient, check_logits
from robustlib.interfaces import Images, Labels, Logits, submodules
from robustlib.models.classifier import body_and_head
from robustlib.precision import Precision, resolve


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Hold every submodule in eval mode (no dropout, fixed batch-norm statistics), then give each its own mode back."""
    training = [module for module in submodules(model) if module.training]
    try:
        for module in training:
            module.training = False
        yield
    finally:
        for module in training:
            module.training = True


def in_float32(device: torch.device) -> AbstractContextManager[None]:
    """Switch an outer autocast off; where there is none this costs nothing."""
    return torch.autocast(device.type, enabled=False) if torch.is_autocast_enabled(device.type) else nullcontext()


def recording() -> AbstractContextManager[None]:
    """Have autograd record, also within an outer `torch.no_grad`; where it does so already this costs nothing."""
    return nullcontext() if torch.is_grad_enabled() else torch.enable_grad()


def search_logits(model: nn.Module, x: Images, precision: Precision = None) -> Logits:
    """The logits an attack climbs on: of the model itself, or of a reduced-precision forward of its body.

    With `precision=torch.bfloat16` autocast and channels_last wrap the body of the library's own `Classifier`, whose
    head, and everything computed from its logits, stays float32; any other model is called whole. `"fast"` means what
    is fast on the device. With None an outer autocast is switched off: the forward is float32.

    The model is given a copy: what it does to its input reaches nobody.
    Raises: ValueError unless the model returns finite logits (n, k), k >= 2.
    """
    if precision is None and not torch.is_autocast_enabled(x.device.type):
        return check_answer(model(x.clone()), len(x))
    dtype = resolve(precision, x.device)
    layout = torch.channels_last if dtype is not None and x.ndim == 4 else torch.preserve_format
    given = x.clone(memory_format=layout)
    if dtype is None or dtype == torch.float32:
        with in_float32(x.device):
            return check_answer(model(given), len(x))
    parts = body_and_head(model)
    with torch.autocast(x.device.type, dtype=dtype):
        out = model(given) if parts is None else parts[0](given)
    if parts is None:
        return check_answer(out.float() if isinstance(out, Tensor) else out, len(x))
    with torch.autocast(x.device.type, enabled=False):
        return check_answer(parts[1](out.float()), len(x))


@torch.no_grad()
def clean_logits(model: nn.Module, x: Images, y: Labels) -> Logits:
    """What the model says of the images it is about to be attacked on, in eval mode and float32.

    Raises: ValueError for anything but logits, and for labels that are not classes of the model.
    """
    with evaluating(model):
        logits = search_logits(model, x.detach())
    check_logits(logits, y)
    return logits


def input_gradient(scores: Callable[[Images], tuple[Tensor, Tensor]], x: Images) -> tuple[Tensor, Images]:
    """The gradient of a per-example score with respect to the pixels: no parameter's gradient is computed or touched.

    `scores(x)` returns (something to keep, per-example score). Works under `torch.no_grad`.

    Returns: what was kept (detached), and the gradient, of x's shape.
    Raises: RuntimeError if the score does not depend on x (a defence that detaches its input); ValueError unless the
    gradient is finite.
    """
    with recording(), in_float32(x.device):  # on a CPU an outer autocast would reach the backward too
        x = x.detach().requires_grad_(True)
        kept, score = scores(x)
        (g,) = torch.autograd.grad(score, x, torch.ones_like(score))
    check_gradient(g)
    return kept.detach(), g


def pulled_back(
    logits_of: Callable[[Images], Logits], weights: Callable[[Logits], Logits], x: Images
) -> tuple[Logits, Images]:
    """The logits, and the gradient of their sum weighted by `weights(logits)`, which are constants.

    As `input_gradient` of a loss whose own gradient is known and written down: nothing of it has to be recorded.
    Raises: as `input_gradient`.
    """
    with recording(), in_float32(x.device):
        x = x.detach().requires_grad_(True)
        logits = logits_of(x)
        kept = logits.detach()
        (g,) = torch.autograd.grad(logits, x, weights(kept))
    check_gradient(g)
    return kept, g


def input_gradients(
    scores: Callable[[Images], tuple[Tensor, Tensor]], x: Images
) -> tuple[Tensor, Callable[[int], Images]]:
    """The gradients of several scores per example, of shape (n, s), from one forward: for attacks that compare classes.

    Each call of what is returned costs one backward and holds one gradient, so that a thousand classes need the memory
    of one. As in `input_gradient`, no parameter's gradient is computed, and it works under `torch.no_grad`.

    Returns: what was kept (detached), and a function from a column of the scores to its gradient, of x's shape.
    Raises: when that is called, RuntimeError if the scores do not depend on x, ValueError unless it is finite.
    """
    with recording(), in_float32(x.device):
        x = x.detach().requires_grad_(True)
        kept, values = scores(x)

    def gradient(column: int) -> Images:
        one = torch.zeros_like(values)
        one[:, column] = 1
        with in_float32(x.device):
            (g,) = torch.autograd.grad(values, x, one, retain_graph=True)
        check_gradient(g)
        return g

    return kept.detach(), gradient
