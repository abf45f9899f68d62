"""In which mode a model is asked: in eval mode, in float32, recorded by autograd. Each leaves all as it was."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import nn

from robustlib.door import submodules


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
