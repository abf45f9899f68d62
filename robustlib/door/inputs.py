"""What is handed in: images, labels, and the precision of the model's weights."""

import math

import torch
from torch import Tensor, nn

from robustlib.interfaces import Images, Labels, submodules

PRECISE = (torch.float32, torch.float64)
FEW = 32  # numbers that are read faster as a list than by a kernel


def check_images(x: Images, name: str = "x") -> None:
    """Raises: ValueError unless x holds float32 or float64 images, finite and in [0, 1]."""
    if not isinstance(x, Tensor) or not x.is_floating_point() or x.ndim < 2:
        found = f"{x.dtype} of shape {tuple(x.shape)}" if isinstance(x, Tensor) else type(x).__name__
        raise ValueError(f"{name} must be float images in [0, 1] of shape (n, c, h, w), got {found}")
    if x.layout != torch.strided or x.is_meta:
        raise ValueError(
            f"{name} must hold its pixels densely, got a {x.layout} tensor on {x.device}; call x.to_dense()"
        )
    if x.dtype not in PRECISE:
        raise ValueError(
            f"{name} is {x.dtype}, which does not resolve the steps of an attack nor the gaps between logits: "
            "hand over float32 images and a float32 model; for speed search with precision='fast'"
        )
    if x.numel() == 0:
        if len(x) == 0:
            return
        raise ValueError(f"{name} holds images without a pixel, of shape {tuple(x.shape)}: there is nothing to look at")
    lowest, highest = (x.detach() if x.requires_grad else x).aminmax()
    low, high = lowest.item(), highest.item()
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
    if n <= FEW:
        values = y.tolist()
        low, high = min(values), max(values)
    else:
        low, high = (value.item() for value in y.aminmax())
    if low < 0 or (classes is not None and high >= classes):
        wanted = ">= 0" if classes is None else f"in 0 .. {classes - 1}"
        raise ValueError(f"labels must lie {wanted}, got {low} .. {high}")


def check_size(batch: int) -> None:
    """Raises: ValueError unless images are looked at one at a time, or more."""
    if isinstance(batch, bool) or batch != int(batch) or batch < 1:
        raise ValueError(f"batch is how many images are looked at together, a whole number >= 1, got {batch!r}")


def check_batch(x: Images, y: Labels, name: str = "x") -> None:
    """Raises: ValueError as `check_images` and `check_labels`, for one label to each image."""
    check_images(x, name)
    check_labels(y, x.shape[0])


def check_model(model: nn.Module, x: Images) -> list[nn.Module]:
    """Raises: TypeError for what is no nn.Module; ValueError for weights of 16 bits, or of another precision than x."""
    if not isinstance(model, nn.Module):
        raise TypeError(
            f"a model is an nn.Module, got a {type(model).__name__}; wrap a function in a module whose forward calls it"
        )
    modules = submodules(model)
    # `parameters()` walks by name, which for one image is a twentieth of an attack.
    kinds = {t.dtype for m in modules for of in (m._parameters, m._buffers) if of for t in of.values() if t is not None}
    kinds = {kind for kind in kinds if kind.is_floating_point}
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
    return modules


def check_inputs(model: nn.Module, x: Images, y: Labels) -> list[nn.Module]:
    """What an attack is handed, before the model is asked; what it answers is checked where it is first asked.

    Raises: ValueError inside torch.inference_mode, and as the checks of images, labels and model do.
    """
    if torch.is_inference_mode_enabled():
        raise ValueError("an attack needs gradients, which torch.inference_mode forbids; use torch.no_grad instead")
    check_batch(x, y)
    return check_model(model, x)
