"""Placeholder until the branch `precision` is merged."""

from typing import Literal

import torch

Precision = torch.dtype | Literal["fast"] | None


def resolve(precision: Precision, device: torch.device) -> torch.dtype | None:
    return torch.bfloat16 if precision == "fast" else precision
