"""Losses are computed in 32 bits or more: squares overflow in 16, and the 1e-12 under a root is 0 there."""

import torch
from torch import Tensor

NARROW = (torch.float16, torch.bfloat16)


def alike(*embeddings: Tensor) -> list[Tensor]:
    """Embeddings that are compared row by row, in 32 bits or more.

    Raises: ValueError unless all have one shape (n, d): one row would be spread over the others in silence.
    """
    if len({tuple(z.shape) for z in embeddings}) > 1 or embeddings[0].ndim != 2:
        raise ValueError(f"embeddings of one shape (n, d) are compared, got {[tuple(z.shape) for z in embeddings]}")
    return [wide(z) for z in embeddings]


def wide(values: Tensor) -> Tensor:
    """Embeddings or logits of 16 bits in float32, any others as they are; gradients go back in 16 bits."""
    return values.float() if values.dtype in NARROW else values
