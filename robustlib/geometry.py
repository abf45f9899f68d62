"""Balls around an image: how far, which way is steepest, back inside, a random point.

A norm is a value with four functions. The attacks only ever say `norm.project(...)`, so the same loop runs in either
ball.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from robustlib.interfaces import Images, PerExample

SAFE = 1e-12, 1e12  # between these the squares of a float32 neither vanish nor overflow
TINY = 1e-12  # under every square root whose gradient is taken, and every norm divided by


class Norm(Protocol):
    """A ball around the clean image, and the steepest direction in it."""

    def size(self, delta: Images) -> PerExample:
        """The norm of each perturbation."""
        ...

    def steepest(self, g: Images) -> Images:
        """The unit perturbation with the largest inner product with g."""
        ...

    def project(self, x_adv: Images, x: Images, eps: float) -> Images:
        """The nearest point to x_adv in the ball of radius eps around x, and then in [0, 1]."""
        ...

    def sample(self, x: Images, eps: float) -> Images:
        """A perturbation drawn from the ball of radius eps."""
        ...

    def start(self, x: Images, eps: float) -> Images:
        """A perturbation in the ball that a climb sets out from."""
        ...


def per_example(values: Tensor, like: Tensor) -> Tensor:
    """Give (n,) values the trailing axes of `like`, so that they broadcast over its pixels."""
    return values.reshape(-1, *[1] * (like.ndim - 1))


def float64(values: Tensor) -> Tensor:
    """The values in float64, on the CPU where their own device knows none (Apple's MPS)."""
    return (values.cpu() if values.device.type == "mps" else values).double()


# How many examples the batch had before some were dropped, and which of them are left.
_left: ContextVar[tuple[int, Tensor] | None] = ContextVar("left", default=None)


@contextmanager
def draws_of(n: int, rows: Tensor) -> Iterator[None]:
    """Inside, numbers are drawn for n examples and those of `rows` used: dropping one changes no other's noise."""
    outer = _left.get()
    token = _left.set((n, rows.cpu()) if outer is None else (outer[0], outer[1][rows.cpu()]))
    try:
        yield
    finally:
        _left.reset(token)


def draw(shape: tuple[int, ...], like: Tensor, kind: str = "uniform") -> Tensor:
    """Uniform [0, 1) or normal numbers of this shape from torch's CPU generator, moved to the device of `like`."""
    source = {"uniform": torch.rand, "normal": torch.randn}[kind]
    left = _left.get()
    if left is None or len(left[1]) != shape[0]:
        return source(shape, dtype=torch.float32).to(like)
    return source((left[0], *shape[1:]), dtype=torch.float32)[left[1]].to(like)


@dataclass(frozen=True)
class Linf:
    r"""The cube :math:`\|\delta\|_\infty \le \epsilon`: every pixel may move by eps.

    `sample` is uniform in the cube.
    """

    def size(self, delta: Images) -> PerExample:
        return delta.abs().flatten(1).amax(1)

    def steepest(self, g: Images) -> Images:
        return g.sign()

    def project(self, x_adv: Images, x: Images, eps: float) -> Images:
        return torch.clamp(x_adv, x - eps, x + eps).clamp_(0, 1)

    def sample(self, x: Images, eps: float) -> Images:
        return draw(tuple(x.shape), x).mul_(2).sub_(1).mul_(eps)

    def start(self, x: Images, eps: float) -> Images:
        return self.sample(x, eps)


@dataclass(frozen=True)
class L2:
    r"""The Euclidean ball :math:`\|\delta\|_2 \le \epsilon`.

    `sample` is uniform in the ball: a uniform direction, with radius :math:`\epsilon u^{1/d}` for d pixels.
    `start` draws the radius itself uniformly: of many pixels nearly all the ball's volume lies at its edge, where a
    climb starts badly. `project` shrinks to the sphere and then clips to [0, 1]; clipping only moves pixels towards
    the clean image, so the result stays in the ball.
    """

    def size(self, delta: Images) -> PerExample:
        return delta.flatten(1).norm(dim=1)

    def steepest(self, g: Images) -> Images:
        size = self.size(g)
        low, high = (value.item() for value in size.aminmax()) if len(size) else (1.0, 1.0)
        if SAFE[0] < low and high < SAFE[1]:
            return g / per_example(size, g)
        largest = torch.linalg.vector_norm(g.flatten(1), torch.inf, 1).clamp_(min=torch.finfo(g.dtype).tiny)
        scaled = g / per_example(largest, g)  # a gradient of 1e-30 still has a direction
        return scaled.div_(per_example(self.size(scaled).clamp_(min=TINY), g))

    def project(self, x_adv: Images, x: Images, eps: float) -> Images:
        delta = x_adv - x
        factor = (eps / self.size(delta).clamp(min=TINY)).clamp(max=1)
        return (x + delta * per_example(factor, delta)).clamp(0, 1)

    def sample(self, x: Images, eps: float) -> Images:
        direction = self.steepest(draw(tuple(x.shape), x, "normal"))
        radius = draw((len(x),), x) ** (1 / max(1, x.shape[1:].numel()))
        return direction * per_example(eps * radius, x)

    def start(self, x: Images, eps: float) -> Images:
        direction = self.steepest(draw(tuple(x.shape), x, "normal"))
        return direction * per_example(eps * draw((len(x),), x), x)
