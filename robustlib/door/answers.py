"""What a model answers: logits, the loss that is made of them, and its gradient."""

import math
from typing import Any

import torch
from torch import Tensor

from robustlib.door.inputs import FEW, PRECISE, check_labels
from robustlib.interfaces import Labels, Logits, PerExample

LOOK = "look for a square root or a division at 0 in the model"
OF_A_SCORE = {"of": "the detector's score", "look": "take a density by logsumexp"}  # what `check_gradient` says of it


def _is_finite(values: Tensor) -> bool:
    """Whether nothing is NaN or inf: the sum shows either; where it is not finite it may have overflowed."""
    few = values.ndim == 2 and values.numel() <= FEW
    total = sum(map(sum, values.tolist())) if few else values.detach().sum().item()
    return math.isfinite(total) or bool(values.isfinite().all())


def _is_negative(values: Tensor) -> bool:
    """Whether any of the finite numbers, of shape (n, k), is below 0."""
    least = min(map(min, values.tolist())) if values.numel() <= FEW else values.detach().min().item()
    return least < 0


def check_answer(out: Any, n: int, dtype: torch.dtype | None = None, narrow: bool = False) -> Logits:
    """The model's answer for n images, as `dtype` if given, if it is finite logits; of 16 bits only if `narrow`.

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
    if not narrow and out.dtype not in PRECISE:
        raise ValueError(
            f"the model's logits are {out.dtype}, in which gaps between classes are lost: let it compute, and return "
            "them, in float32; for speed search with precision='fast'"
        )
    out = out if dtype is None or out.dtype == dtype else out.to(dtype)
    if not _is_finite(out):
        bad = int((~out.detach().isfinite()).any(1).sum())
        raise ValueError(
            f"the model's logits are NaN or inf for {bad} of {n} images, so that its prediction means nothing: "
            "its training diverged, or its forward overflows"
        )
    return out


def check_logits(logits: Logits, y: Labels | None = None, rough: bool = False) -> None:
    """What is looked at once a call: whether the answers are logits, and whether the labels are classes of the model.

    Probabilities of 16 bits add up to 1 only roughly.

    Raises: ValueError for probabilities, and for labels beyond the model's classes.
    """
    if y is not None:
        check_labels(y, *logits.shape)
    if logits.numel() and not _is_negative(logits) and _adds_up(logits.detach(), rough):
        raise ValueError(
            "the model returns probabilities (no row is negative, each adds up to 1), under which gradients vanish "
            "where it is sure: return the logits, from before the softmax"
        )


def _adds_up(p: Tensor, rough: bool) -> bool:
    """Whether each row adds up to 1, by a hair: by chance logits do in few images."""
    hair = 1e-2 if rough else 4 * p.shape[1] * torch.finfo(p.dtype).eps
    return bool(((p.sum(1) - 1).abs() <= hair).all())


def check_loss(logits: Logits, f: PerExample) -> None:
    """Raises: ValueError unless the loss f is one value for each image, and nowhere NaN."""
    if f.shape != logits.shape[:1]:
        raise ValueError(
            f"the loss must give one value for each of {len(logits)} images, got shape {tuple(f.shape)}; "
            'a loss of torch needs reduction="none"'
        )
    if math.isnan(f.detach().sum().item()) and f.isnan().any():  # the sum also where inf meets -inf
        raise ValueError("the loss is NaN on finite logits, and cannot be climbed")


def check_gradient(g: Tensor, of: str = "the loss", look: str = LOOK) -> None:
    """Raises: ValueError unless the gradient with respect to the pixels is finite for every image."""
    if not _is_finite(g):
        bad = int((~g.isfinite()).flatten(1).any(1).sum())
        raise ValueError(
            f"the gradient of {of} with respect to the pixels is NaN or inf for {bad} of {len(g)} images, so that it "
            f"shows no way; {look}"
        )
