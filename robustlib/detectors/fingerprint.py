"""Which weights a detector was fitted on, so that it is never used on others."""

import hashlib

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
