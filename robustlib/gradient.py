"""The one place that asks the model, and autograd for the pixels' gradient, and that leaves both as they were."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from robustlib.door import LOOK, check_answer, check_gradient, check_logits
from robustlib.interfaces import Images, Labels, Logits
from robustlib.models.classifier import body_and_head
from robustlib.modes import autocasting, recording
from robustlib.modes import evaluating as evaluating
from robustlib.modes import in_float32 as in_float32
from robustlib.precision import Precision, resolve


def search_logits(model: nn.Module, x: Images, precision: Precision = None) -> Logits:
    """The logits an attack climbs on: of the model itself, or of a reduced-precision forward of its body.

    With `precision=torch.bfloat16` autocast and channels_last wrap the body of the library's own `Classifier`, whose
    head, and everything computed from its logits, stays float32; any other model is called whole. `"fast"` means what
    is fast on the device. With None an outer autocast is switched off: the forward is float32.

    The model is given a copy: what it does to its input reaches nobody.
    Raises: ValueError unless the model returns finite logits (n, k), k >= 2.
    """
    if precision is None and not autocasting(x.device):
        return check_answer(model(x.clone()), x.shape[0], x.dtype)
    dtype = resolve(precision, x.device)
    layout = torch.channels_last if dtype is not None and x.ndim == 4 else torch.preserve_format
    given = x.clone(memory_format=layout)
    if dtype is None or dtype == torch.float32:
        with in_float32(x.device):
            return check_answer(model(given), len(x), x.dtype)
    parts = body_and_head(model)
    with torch.autocast(x.device.type, dtype=dtype):
        out = model(given) if parts is None else parts[0](given)
    if parts is None:
        logits = check_answer(out, len(x), x.dtype, narrow=True)
        check_logits(logits, rough=True)
        return logits
    with torch.autocast(x.device.type, enabled=False):
        return check_answer(parts[1](out.to(x.dtype)), len(x), x.dtype)


@torch.no_grad()
def clean_logits(model: nn.Module, x: Images, y: Labels) -> Logits:
    """What the model says of the images it is about to be attacked on, in eval mode and float32.

    Raises: ValueError for anything but logits, and for labels that are not classes of the model.
    """
    with evaluating(model):
        logits = search_logits(model, x.detach())
    check_logits(logits, y)
    return logits


def input_gradient(
    scores: Callable[[Images], tuple[Tensor, Tensor]], x: Images, of: str = "the loss", look: str = LOOK
) -> tuple[Tensor, Images]:
    """The gradient of a per-example score with respect to the pixels: no parameter's gradient is computed or touched.

    `scores(x)` returns (something to keep, per-example score). Works under `torch.no_grad`. `of` says what is
    differentiated, and `look` where to look if that fails.

    Returns: what was kept (detached), and the gradient, of x's shape.
    Raises: ValueError if the score does not depend on x (a defence that detaches its input), and unless the gradient is
    finite.
    """
    with recording(), in_float32(x.device):  # on a CPU an outer autocast would reach the backward too
        x = x.detach().requires_grad_(True)
        kept, score = scores(x)
        g = _gradient(score, x, of=of, look=look)
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
        return kept, _gradient(logits, x, weights(kept))


def input_gradients(
    scores: Callable[[Images], tuple[Tensor, Tensor]], x: Images
) -> tuple[Tensor, Callable[[int], Images]]:
    """The gradients of several scores per example, of shape (n, s), from one forward: for attacks that compare classes.

    Each call of what is returned costs one backward and holds one gradient, so that a thousand classes need the memory
    of one. As in `input_gradient`, no parameter's gradient is computed, and it works under `torch.no_grad`.

    Returns: what was kept (detached), and a function from a column of the scores to its gradient, of x's shape.
    Raises: when that is called, ValueError if the scores do not depend on x, and unless it is finite.
    """
    with recording(), in_float32(x.device):
        x = x.detach().requires_grad_(True)
        kept, values = scores(x)

    def gradient(column: int) -> Images:
        one = torch.zeros_like(values)
        one[:, column] = 1
        with in_float32(x.device):
            return _gradient(values, x, one, retain_graph=True)

    return kept.detach(), gradient


def _gradient(
    score: Tensor,
    x: Images,
    weight: Tensor | None = None,
    retain_graph: bool = False,
    of: str = "the loss",
    look: str = LOOK,
) -> Images:
    """Raises: ValueError if there is no gradient, or it is not finite."""
    g = None
    if score.requires_grad:
        weight = torch.ones_like(score) if weight is None else weight  # not a sum: one kernel less each way
        (g,) = torch.autograd.grad(score, x, weight, retain_graph=retain_graph, allow_unused=True)
    if g is None:
        raise ValueError(
            f"{of} has no gradient with respect to the pixels: somewhere on the way there is a detach, a "
            "torch.no_grad or a step without derivative; Square needs none, or attack the model without that step"
        )
    check_gradient(g, of, look)
    return g
