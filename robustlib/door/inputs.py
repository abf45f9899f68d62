"""What is handed in: images, labels, and the precision of the model's weights."""

import math

import torch
from torch import Tensor, nn

from robustlib.interfaces import Images, Labels

PRECISE = (torch.float32, torch.float64)


def check_images(x: Images, name: str = "x") -> None:
    """Raises: ValueError unless x holds float32 or float64 images, finite and in [0, 1]."""
    if not isinstance(x, Tensor) or not x.is_floating_point() or x.ndim < 2:
        found = f"{x.dtype} of shape {tuple(x.shape)}" if isinstance(x, Tensor) else type(x).__name__
        raise ValueError(f"{name} must be float images in [0, 1] of shape (n, c, h, w), got {found}")
    if x.layout != torch.strided or x.device.type == "meta":
        raise ValueError(
            f"{name} must hold its pixels densely, got a {x.layout} tensor on {x.device}; call x.to_dense()"
        )
    if x.dtype not in PRECISE:
        raise ValueError(
            f"{name} is {x.dtype}, which does not resolve the steps of an attack nor the gaps between logits: "
            "hand over float32 images and a float32 model; for speed search with precision='fast'"
        )
    if len(x) == 0:
        return
    if x.numel() == 0:
        raise ValueError(f"{name} holds images without a pixel, of shape {tuple(x.shape)}: there is nothing to look at")
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


def check_size(batch: int) -> None:
    """Raises: ValueError unless images are looked at one at a time, or more."""
    if isinstance(batch, bool) or batch != int(batch) or batch < 1:
        raise ValueError(f"batch is how many images are looked at together, a whole number >= 1, got {batch!r}")


def check_batch(x: Images, y: Labels, name: str = "x") -> None:
    """Raises: ValueError as `check_images` and `check_labels`, for one label to each image."""
    check_images(x, name)
    check_labels(y, len(x))


def submodules(model: nn.Module) -> list[nn.Module]:
    """`model.modules()`, each once, without the names that those are found by and that cost the most."""
    found, waiting = {id(model): model}, [model]
    while waiting:
        for module in waiting.pop()._modules.values():
            if module is not None and id(module) not in found:
                found[id(module)] = module
                waiting.append(module)
    return list(found.values())


def check_model(model: nn.Module, x: Images) -> None:
    """Raises: TypeError for what is no nn.Module; ValueError for weights of 16 bits, or of another precision than x."""
    if not isinstance(model, nn.Module):
        raise TypeError(
            f"a model is an nn.Module, got a {type(model).__name__}; wrap a function in a module whose forward calls it"
        )
    kinds = set()
    for module in submodules(model):  # `parameters()` walks by name, which for one image is a twentieth of an attack
        for tensors in (module._parameters, module._buffers):
            if tensors:
                kinds.update([tensor.dtype for tensor in tensors.values() if tensor is not None])
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


def check_inputs(model: nn.Module, x: Images, y: Labels) -> None:
    """What an attack is handed, before the model is asked; what it answers is checked where it is first asked.

    Raises: ValueError inside torch.inference_mode, and as the checks of images, labels and model do.
    """
    if torch.is_inference_mode_enabled():
        raise ValueError("an attack needs gradients, which torch.inference_mode forbids; use torch.no_grad instead")
    check_batch(x, y)
    check_model(model, x)
