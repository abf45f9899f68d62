"""Any configured value as plain data: what a result file and a checkpoint record."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import torch


def describe(value: Any) -> Any:
    """JSON-able description of a value: dataclasses with their class, functions by name, tensors by shape and hash,
    modules by class, weights and numbers.

    Equal configurations have equal descriptions in every process (no memory addresses).
    Raises: TypeError for a value that has no stable description.
    """
    if isinstance(value, np.generic):  # np.float32(0.1), as a loop over an array gives it
        return describe(value.item())
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {"class": type(value).__name__} | {f.name: describe(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, torch.Tensor):
        data = value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes()
        digest = hashlib.sha256(data).hexdigest()
        kind = {} if value.dtype == torch.float32 else {"dtype": str(value.dtype)}
        return {"tensor": list(value.shape), "sha256": digest[:16]} | kind
    if isinstance(value, torch.nn.Module):
        numbers = {k: v for k, v in vars(value).items() if isinstance(v, int | float | str) and k[0] != "_"}
        numbers.pop("training", None)
        tensors = json.dumps({name: describe(tensor) for name, tensor in value.state_dict().items()}, sort_keys=True)
        return {"class": type(value).__name__, "state": hashlib.sha256(tensors.encode()).hexdigest()[:16]} | numbers
    if isinstance(value, torch.dtype | torch.device):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): describe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [describe(item) for item in value]
    if callable(value) and "<" not in getattr(value, "__qualname__", "<"):  # no <lambda>, no <locals>
        return value.__qualname__
    raise TypeError(
        f"no stable description of a {type(value).__name__}; make it a frozen dataclass or a named function"
    )


def architecture(model: torch.nn.Module) -> dict[str, Any]:
    """The layers of a network as they print, and the numbers set on them, which their printed form may leave out.

    Without weights and modes: ReLU and Tanh differ, train and eval do not.
    """
    settings = {
        f"{name}.{key}": number
        for name, module in model.named_modules()
        for key, number in vars(module).items()
        if isinstance(number, bool | int | float | str) and key != "training"
    }
    return {"module": re.sub(r" at 0x[0-9a-f]+", "", str(model)), "settings": settings}


def weights_hash(model: torch.nn.Module) -> str:
    """The sha256 of all parameters and buffers by name, in their own dtypes; the same on every device."""
    tensors = {name: describe(tensor) for name, tensor in model.state_dict().items() if torch.is_tensor(tensor)}
    return hashlib.sha256(json.dumps(tensors, sort_keys=True).encode()).hexdigest()
