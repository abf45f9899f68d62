"""The plane in which an attack on one image is looked at: along its own way, and across it."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from robustlib.evaluation.iterates import Path
from robustlib.evaluation.verdicts import seeded
from robustlib.interfaces import Images


@dataclass(frozen=True, eq=False)
class AttackPlane:
    """The points x + a along + b across, and an attack's way in them."""

    along: Tensor  # from the image to the attacked one, shape of an image
    across: Tensor  # at a right angle to it; its largest pixel is the radius
    path: np.ndarray  # (steps, 2): the places (a, b) of the iterates, which are projected on the plane
    outside: np.ndarray  # (steps,): the share of an iterate's L2 distance from the image that lies outside the plane


def attack_plane(x: Images, way: Path, eps: float, across: Tensor | None = None, seed: int = 0) -> AttackPlane:
    """The plane of an attack's way from the image x (1 c h w): along it, and across it in the direction that is given,
    else of its random start, else of random signs.

    The image and the last point of the way lie in it; so does the first where its direction was taken.
    Raises: ValueError if the attack did not move the image, or `across` is not of its shape or lies along the attack.
    """
    offsets = (way - x).flatten(1)
    along = offsets[-1]
    if not along.any():
        raise ValueError("the attack did not move the image: there is no direction to draw")
    if across is not None and across.numel() != along.numel():
        raise ValueError(f"a second direction has the shape of the image {tuple(x.shape)}, got {tuple(across.shape)}")
    second = offsets[0] if across is None else across.to(x).flatten()
    if across is None and (len(way) < 3 or not second.any()):
        with seeded(seed, "across", x.device):
            second = torch.randint_like(along, 2) * 2 - 1
    second = second - (second @ along) / (along @ along) * along
    if second.abs().max() < 1e-6:
        raise ValueError("the second direction is that of the attack: there is no plane; pass another `across`")
    second = second * (eps / second.abs().max())
    base = torch.stack([along, second])
    path = offsets @ base.T / (base**2).sum(1)
    length = torch.linalg.vector_norm
    outside = length(offsets - path @ base, dim=1) / length(offsets, dim=1).clamp(min=1e-12)
    shape = x.shape[1:]
    return AttackPlane(along.view(shape), second.view(shape), path.cpu().numpy(), outside.cpu().numpy())
