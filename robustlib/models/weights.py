"""Weights on disk: safetensors, written whole or not at all, and read with errors that say what is wrong."""

from pathlib import Path

import torch
from torch import Tensor, nn

from robustlib.files import read_tensors, write_tensors


def save_weights(model: nn.Module, path: Path | str, dtype: torch.dtype | None = None) -> None:
    """Write parameters and buffers to `path`, floating ones as `dtype` if given (float16 halves the file).

    The file appears complete or not at all, and carries the hash of its content. The names are those of the plain
    model, also where `torch.compile` put a wrapper around it.
    Raises: ValueError, and nothing is written, for a weight that is NaN or infinite, or too large for `dtype`; OSError
    that says why the file cannot be written.
    """
    tensors = {}
    for name, tensor in model.state_dict().items():
        _check_finite(f"{path}: not written, as {name!r}", tensor)
        cast = tensor.to(dtype) if dtype is not None and tensor.is_floating_point() else tensor
        if not _finite(cast):
            largest = tensor.abs().max().item()
            raise ValueError(
                f"{path}: not written, since {name!r} holds {largest:.4g}, beyond {dtype}; save as float32"
            )
        tensors[plain(name)] = cast
    write_tensors(path, tensors)


def load_weights(model: nn.Module, path: Path | str, sha256: str | None = None) -> nn.Module:
    """Fill the model with the weights at `path`, in the model's own dtypes and layout; returns the model.

    Raises: FileNotFoundError if there is no such file; ValueError if one bit of it is not as it was written, if its
    sha256 is not the one given, or if it was made for another architecture, naming the first tensor that does not fit.
    The model is left as it was then.
    """
    try:
        tensors = read_tensors(path, "safetensors file", "delete it and train or fetch it anew", sha256)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{path}: no such checkpoint; train it with `python -m robustlib run NAME`") from error
    tensors = {plain(name): tensor for name, tensor in tensors.items()}
    wanted = model.state_dict()
    fitting = {name: _fitting(path, name, tensors, tensor) for name, tensor in wanted.items()}
    extra = sorted(set(tensors) - {plain(name) for name in wanted})
    if extra:
        raise ValueError(
            f"{path}: tensor {extra[0]!r} is not part of the model; it was saved from another architecture"
        )
    model.load_state_dict(fitting)
    return model


def plain(name: str) -> str:
    """A parameter's name without the wrapper of `torch.compile`."""
    return ".".join(word for word in name.split(".") if word != "_orig_mod")


def _fitting(path: Path | str, name: str, tensors: dict[str, Tensor], wanted: Tensor) -> Tensor:
    """The tensor for one place of the model, in its dtype."""
    name = plain(name)
    if name not in tensors:
        raise ValueError(f"{path}: no tensor {name!r}, which the model needs; it was saved from another architecture")
    found = tensors[name]
    if found.shape != wanted.shape:
        shapes = f"{tuple(found.shape)}, the model needs {tuple(wanted.shape)}"
        raise ValueError(f"{path}: {name!r} has shape {shapes}: another architecture")
    if _kind(found) != _kind(wanted):
        raise ValueError(f"{path}: {name!r} is {found.dtype}, the model needs {wanted.dtype}: another architecture")
    _check_finite(f"{path}: {name!r}", found)
    cast = found.to(wanted.dtype)
    if not _finite(cast) or (_kind(found) == "whole" and not torch.equal(cast.to(found.dtype), found)):
        largest = found.abs().max().item()
        raise ValueError(f"{path}: {name!r} holds {largest:.4g}, beyond the model's {wanted.dtype}; use model.float()")
    return cast


def _kind(tensor: Tensor) -> str:
    if tensor.dtype == torch.bool:
        return "bool"
    return "floating" if tensor.is_floating_point() else "complex" if tensor.is_complex() else "whole"


def _finite(tensor: Tensor) -> bool:
    return bool(tensor.isfinite().all()) if tensor.is_floating_point() or tensor.is_complex() else True


def _check_finite(where: str, tensor: Tensor) -> None:
    if not _finite(tensor):
        raise ValueError(f"{where} holds NaN or inf; the training that wrote it diverged")
