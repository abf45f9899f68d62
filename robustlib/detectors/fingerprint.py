"""Which weights a detector was fitted on, so that it is never used on others."""

import hashlib
from itertools import chain

from torch import nn


def fingerprint(model: nn.Module) -> str:
    """The sha256 of the model's parameters and buffers, by name, as 64 hexadecimal digits.

    Floating numbers count in float32: moving the model to another device, or to float64, changes nothing.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        value = tensor.detach().cpu().contiguous()
        digest.update(f"{name} {tuple(value.shape)}\n".encode())
        digest.update((value.float() if value.is_floating_point() else value).numpy().tobytes())
    return digest.hexdigest()


class Unchanged:
    """Whether a model still has the weights of this fingerprint; "" is any weights."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._written: list[tuple[int, int]] = []

    def check(self, model: nn.Module) -> None:
        """Raises: ValueError if the weights have changed. They are hashed only where torch counts a write into them."""
        tensors = (t for t in chain(model.parameters(), model.buffers()) if not t.is_inference())
        written = [(id(t), t._version) for t in tensors]
        if self.origin and written != self._written and fingerprint(model) != self.origin:
            raise ValueError("the model's weights have changed since this detector was fitted; fit it again")
        self._written = written
