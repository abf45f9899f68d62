"""Losses are computed in 32 bits or more: squares overflow in 16, and the 1e-12 under a root is 0 there."""

import torch
from torch import Tensor

NARROW = (torch.float16, torch.bfloat16)


def wide(values: Tensor) -> Tensor:
    """Embeddings or logits of 16 bits in float32, any others as they are; gradients go back in 16 bits."""
    return values.float() if values.dtype in NARROW else values
