"""What every public entrance checks, once: images, labels, precision, and what the model answers.

A wrong input is an error that says what was found, what was expected and the way out; it is never a number.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn

from robustlib.interfaces import Images, Labels, Logits, PerExample, submodules

PRECISE = (torch.float32, torch.float64)


def check_images(x: Images, name: str = "x") -> None:
    """Raises: ValueError unless x holds float32 or float64 images, finite and in [0, 1]."""
    if not isinstance(x, Tensor) or not x.is_floating_point() or x.ndim < 2:
        found = f"{x.dtype} of shape {tuple(x.shape)}" if isinstance(x, Tensor) else type(x).__name__
        raise ValueError(f"{name} must be float images in [0, 1] of shape (n, c, h, w), got {found}")
    if x.dtype not in PRECISE:
        raise ValueError(
            f"{name} is {x.dtype}, which does not resolve the steps of an attack nor the gaps between logits: "
            "hand over float32 images and a float32 model; for speed search with precision='fast'"
        )
    if x.numel() == 0:
        return
    low, high = (value.item() for value in x.detach().aminmax())
    if not (low >= 0 and high <= 1):  # NaN is neither
        if not (math.isfinite(low) and math.isfinite(high)):
            raise ValueError(f"{name} holds NaN or inf; images need finite pixels in [0, 1]")
        raise ValueError(
            f"{name} must lie in [0, 1], got [{low:.3g}, {high:.3g}]; put the normalisation inside the model"
        )


def check_labels(y: Labels, n: int, classes: int | None = None) -> None:
    """Raises: ValueError unless y holds one int64 class for each of n images, in 0 .. classes - 1 if that is known."""
    if not isinstance(y, Tensor) or y.shape != (n,) or y.dtype != torch.int64:
        found = f"{y.dtype} of shape {tuple(y.shape)}" if isinstance(y, Tensor) else type(y).__name__
        raise ValueError(f"y must be {n} integer labels (int64) of shape (n,), got {found}")
    if n == 0:
        return
    low, high = (value.item() for value in y.aminmax())
    if low < 0 or (classes is not None and high >= classes):
        wanted = ">= 0" if classes is None else f"in 0 .. {classes - 1}"
        raise ValueError(f"labels must lie {wanted}, got {low} .. {high}")


def check_batch(x: Images, y: Labels, name: str = "x") -> None:
    """Raises: ValueError as `check_images` and `check_labels`, for one label to each image."""
    check_images(x, name)
    check_labels(y, len(x))


def check_model(model: nn.Module, x: Images) -> None:
    """Raises: ValueError if the model's weights are of 16 bits, or of another precision than the images."""
    if not isinstance(model, nn.Module):
        return
    tensors = [t for m in submodules(model) for group in (m._parameters, m._buffers) for t in group.values()]
    kinds = {kind for kind in {t.dtype for t in tensors if t is not None} if kind.is_floating_point}
    for kind in kinds:
        if kind not in PRECISE:
            raise ValueError(
                f"the model's weights are {kind}, in which gradients and gaps between logits are lost: "
                "call model.float(); for speed search with precision='fast'"
            )
    if len(kinds) == 1 and x.dtype not in kinds:
        (kind,) = kinds
        raise ValueError(
            f"the images are {x.dtype} and the model's weights {kind}: give both the same, e.g. x.to({kind})"
        )


def check_inputs(model: nn.Module, x: Images, y: Labels) -> None:
    """What an attack is handed, before the model is asked; what it answers is checked where it is first asked.

    Raises: ValueError inside torch.inference_mode, and as the checks of images, labels and model do.
    """
    if torch.is_inference_mode_enabled():
        raise ValueError("an attack needs gradients, which torch.inference_mode forbids; use torch.no_grad instead")
    check_batch(x, y)
    check_model(model, x)


def _is_finite(values: Tensor) -> bool:
    """Whether nothing is NaN or inf: the sum shows either; where it is not finite it may have overflowed."""
    return math.isfinite(values.sum().item()) or bool(values.isfinite().all())


def check_answer(out: Any, n: int) -> Logits:
    """The model's answer for n images, if it is finite logits.

    Raises: ValueError unless it is one tensor of shape (n, k), k >= 2, without NaN or inf.
    """
    if not isinstance(out, Tensor):
        found = f"a {type(out).__name__}"
        raise ValueError(
            f"the model must return logits of shape (n, k) with k >= 2, got {found}: wrap it in a module that returns "
            "the logits alone"
        )
    if out.ndim != 2 or out.shape[0] != n or out.shape[1] < 2 or not out.is_floating_point():
        found = f"{tuple(out.shape)} of {out.dtype} for {n} image" + "s" * (n != 1)
        raise ValueError(f"the model must return logits of shape (n, k) with k >= 2, got {found}")
    if not _is_finite(out.detach()):
        bad = int((~out.detach().isfinite()).any(1).sum())
        raise ValueError(
            f"the model's logits are NaN or inf for {bad} of {n} images, so that its prediction means nothing: "
            "its training diverged, or its forward overflows"
        )
    return out


def check_logits(logits: Logits, y: Labels | None = None) -> None:
    """What is looked at once a call: whether the answers are logits, and whether the labels are classes of the model.

    Raises: ValueError for probabilities, and for labels beyond the model's classes.
    """
    if y is not None:
        check_labels(y, len(logits), logits.shape[1])
    p = logits.detach()
    if len(p) and p.min().item() >= 0 and ((p.sum(1) - 1).abs() < 1e-4).all():
        raise ValueError(
            "the model returns probabilities (no row is negative, each adds up to 1), under which gradients vanish "
            "where it is sure: return the logits, from before the softmax"
        )


def check_loss(logits: Logits, f: PerExample) -> None:
    """Raises: ValueError unless the loss f is one value for each image, and nowhere NaN."""
    if f.shape != logits.shape[:1]:
        raise ValueError(
            f"the loss must give one value for each of {len(logits)} images, got shape {tuple(f.shape)}; "
            'a loss of torch needs reduction="none"'
        )
    if math.isnan(f.detach().sum().item()) and f.isnan().any():  # the sum also where inf meets -inf
        raise ValueError("the loss is NaN on finite logits, and cannot be climbed")


def check_gradient(g: Tensor) -> None:
    """Raises: ValueError unless the gradient with respect to the pixels is finite for every image."""
    if not _is_finite(g):
        bad = int((~g.isfinite()).flatten(1).any(1).sum())
        raise ValueError(
            f"the gradient of the loss with respect to the pixels is NaN or inf for {bad} of {len(g)} images, so that "
            "it shows no way; look for a square root or a division at 0 in the model"
        )
