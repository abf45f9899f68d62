"""Small detectors to attack: a plane, a kernel density, one that always says the same."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, eq=False)
class Plane:
    """The score is affine in the pixels."""

    w: Tensor
    b: float = 0.0

    def score(self, x):
        return (x * self.w).flatten(1).sum(1) + self.b


class Kernels(nn.Module):
    """The logarithm of a Gaussian kernel density in pixel or feature space, by log-sum-exp; or the naive way."""

    def __init__(self, centres: Tensor, gamma: float = 1.0, body: nn.Module | None = None, naive: bool = False) -> None:
        super().__init__()
        self.register_buffer("centres", centres.detach().flatten(1))
        self.body, self.gamma, self.naive = body or nn.Flatten(), gamma, naive

    def score(self, x):
        distance = torch.cdist(self.body(x), self.centres, compute_mode="donot_use_mm_for_euclid_dist")
        near = -self.gamma * distance.square()
        if self.naive:
            return near.exp().mean(1).log()
        return near.logsumexp(1) - torch.tensor(float(near.shape[1])).log()


@dataclass(frozen=True)
class Constant:
    """Every image scores the same, with a gradient of zero; detached there is none at all."""

    value: float = 0.0
    detached: bool = False

    def score(self, x):
        score = self.value + 0 * x.flatten(1).sum(1)
        return score.detach() if self.detached else score


@dataclass(frozen=True)
class Grey:
    """Minus the mean squared distance of the pixels to grey, for images of any shape."""

    def score(self, x):
        return -(x - 0.5).square().flatten(1).mean(1)
