"""How a model is asked: in eval mode, in float32, recorded, with seeded draws. Each leaves all as it was."""

import random
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache

import numpy as np
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from robustlib.interfaces import submodules

AS_IT_IS = nullcontext()  # keeps no state: one is enough


def evaluating(model: nn.Module, modules: list[nn.Module] | None = None) -> AbstractContextManager[None]:
    """Hold every submodule in eval mode (no dropout, fixed batch-norm statistics), then give each its own mode back.

    Who has the model's `submodules` already hands them over.
    """
    return _Evaluating(submodules(model) if modules is None else modules)


class _Evaluating:
    """A class, for the generator of `contextmanager` costs an attack on one image two hundredths of its time."""

    def __init__(self, modules: list[nn.Module]) -> None:
        self.modules, self.training = modules, list[nn.Module]()

    def __enter__(self) -> None:
        self.training = [module for module in self.modules if module.training]
        for module in self.training:
            module.training = False

    def __exit__(self, *error: object) -> None:
        for module in self.training:
            module.training = True


@cache
def _kind(device: torch.device) -> str:
    """The device's type: asking for it makes a new string, which for one image is a hundredth of an attack."""
    return device.type


def autocasting(device: torch.device) -> bool:
    """Whether there is an outer autocast for the device."""
    return torch.is_autocast_enabled(_kind(device))


def in_float32(device: torch.device) -> AbstractContextManager[None]:
    """Switch an outer autocast off; where there is none this costs nothing."""
    return torch.autocast(device.type, enabled=False) if autocasting(device) else AS_IT_IS


def recording() -> AbstractContextManager[None]:
    """Have autograd record, also within an outer `torch.no_grad`; where it does so already this costs nothing."""
    return AS_IT_IS if torch.is_grad_enabled() else torch.enable_grad()


@contextmanager
def seeded(seed: int, name: str, device: torch.device) -> Iterator[None]:
    """Random numbers that depend on the seed and the name only; the generators are put back afterwards.

    The global generators of torch, numpy and Python: a model may draw from any of them. One that it owns is its own.
    """
    devices, number = [device] if device.type == "cuda" else [], (zlib.crc32(name.encode()) + seed * 0x9E3779B1) % 2**32
    theirs = np.random.get_state(), random.getstate()
    try:
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(number)
            np.random.seed(number)
            random.seed(number)
            yield
    finally:
        np.random.set_state(theirs[0])
        random.setstate(theirs[1])


@contextmanager
def keeping_statistics(model: nn.Module) -> Iterator[None]:
    """Have batch-norm leave its running statistics as they are; in train mode it still normalises by the batch."""
    tracking = [m for m in submodules(model) if isinstance(m, _BatchNorm) and m.track_running_stats]
    try:
        for module in tracking:
            module.track_running_stats = False
        yield
    finally:
        for module in tracking:
            module.track_running_stats = True
