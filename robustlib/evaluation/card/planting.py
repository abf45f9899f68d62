"""A head of two classes under which one point of the ball is of the other class, and all inner points are not."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from robustlib.interfaces import Features, Images, Logits

CLOSE = 0.999  # of the gap between the last inner point and the boundary point, before the threshold


class OnFeatures(nn.Module):
    """A head on a feature function that is not the body of a `Classifier`."""

    def __init__(self, features: Callable[[Images], Features], head: nn.Module) -> None:
        super().__init__()
        self.features, self.head = features, head

    def forward(self, x: Images) -> Logits:
        return self.head(self.features(x).flatten(1))


def separating(inner: Features, boundary: Float[Tensor, " d"]) -> tuple[Tensor, Tensor] | None:
    r"""The direction w and threshold t with :math:`w^\top z \le t` for every inner point, > t for the boundary.

    w is Fisher's: the inverse covariance of the inner points, shrunk by a thousandth of its mean, times the
    difference to their mean. The threshold leaves a thousandth of the gap to the boundary point.
    None where some inner point lies as far in this direction. Shapes: (m, d), (d,) -> (d,), ().
    """
    z, b = inner.double(), boundary.double()
    scatter = torch.cov(z.T).reshape(z.shape[1], -1)
    shrunk = scatter + (1e-3 * scatter.diagonal().mean() + 1e-12) * torch.eye(len(scatter), dtype=z.dtype)
    w = torch.linalg.solve(shrunk, b - z.mean(0))
    w = w / w.norm().clamp(min=1e-30)
    most, there = (z @ w).max(), b @ w
    return (w, most + CLOSE * (there - most)) if there > most else None


def two_class_head(w: Tensor, t: Tensor, scale: Tensor) -> nn.Linear:
    """Logits (0 before the threshold, 1 behind it) whose difference is (w z - t) / scale."""
    head = nn.Linear(len(w), 2, dtype=w.dtype)
    with torch.no_grad():
        head.weight.copy_(torch.stack([-w, w]) / (2 * scale))
        head.bias.copy_(torch.stack([t, -t]) / (2 * scale))
    return head.requires_grad_(False)
