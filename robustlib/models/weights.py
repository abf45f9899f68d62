"""Weights on disk: safetensors, written whole or not at all, and read with errors that say what is wrong."""

import os
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn


def save_weights(model: nn.Module, path: Path | str, dtype: torch.dtype | None = None) -> None:
    """Write parameters and buffers to `path`, floating ones as `dtype` if given (float16 halves the file).

    The file appears complete or not at all: it is written beside its place and then renamed.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for name, tensor in model.state_dict().items():
        cast = tensor.to(dtype) if dtype is not None and tensor.is_floating_point() else tensor
        tensors[name] = cast.detach().cpu().clone(memory_format=torch.contiguous_format)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        save_file(tensors, partial)
        partial.chmod(0o644)  # safetensors writes files that only their owner may read
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def load_weights(model: nn.Module, path: Path | str) -> nn.Module:
    """Fill the model with the weights at `path`, in the model's own dtypes and layout; returns the model.

    Raises: FileNotFoundError if there is no such file; ValueError if it is damaged or made for another architecture,
    naming the first tensor that does not fit.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such checkpoint; train it with `python -m robustlib.experiments run NAME`")
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise ValueError(
            f"{path}: not a readable safetensors file ({error}); delete it and train or fetch it anew"
        ) from error
    wanted = model.state_dict()
    for name, tensor in wanted.items():
        if name not in tensors:
            raise ValueError(
                f"{path}: no tensor {name!r}, which the model needs; it was saved from another architecture"
            )
        if tensors[name].shape != tensor.shape:
            found, expected = tuple(tensors[name].shape), tuple(tensor.shape)
            raise ValueError(f"{path}: {name!r} has shape {found}, the model needs {expected}: another architecture")
        if not torch.isfinite(tensors[name].float()).all():
            raise ValueError(f"{path}: {name!r} holds NaN or inf; the training that wrote it diverged")
    extra = sorted(set(tensors) - set(wanted))
    if extra:
        raise ValueError(
            f"{path}: tensor {extra[0]!r} is not part of the model; it was saved from another architecture"
        )
    model.load_state_dict({name: tensors[name].to(wanted[name].dtype) for name in wanted})
    return model
