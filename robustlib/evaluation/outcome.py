"""What became of each example, and the worst case over attacks, example by example."""

import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from robustlib.evaluation.intervals import wilson
from robustlib.gradient import evaluating
from robustlib.interfaces import Images, Labels


@dataclass(frozen=True, eq=False)
class Outcome:
    """Which examples the model still gets right, and how far each was moved (0 where it was wrong from the start)."""

    correct: Bool[Tensor, " n"]
    linf: Float[Tensor, " n"]
    l2: Float[Tensor, " n"]
    seconds: float

    @property
    def n(self) -> int:
        """The number of examples."""
        return len(self.correct)

    @property
    def accuracy(self) -> float:
        """The share still right, over all examples; under an attack, the robust accuracy."""
        return int(self.correct.sum()) / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval of the accuracy."""
        return wilson(int(self.correct.sum()), self.n)

    def __repr__(self) -> str:
        low, high = self.interval
        return f"{100 * self.accuracy:.1f} % [{100 * low:.1f}, {100 * high:.1f}], n = {self.n}"


@contextmanager
def seeded(seed: int, name: str, device: torch.device) -> Iterator[None]:
    """Random numbers that depend on the seed and the name only; the generators are put back afterwards."""
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed((zlib.crc32(name.encode()) + seed * 0x9E3779B1) % 2**32)
        yield


def images_and_labels(data: Any) -> tuple[Images, Labels]:
    """(x, y) of a Split, or of a pair that is one already.

    Raises: ValueError if it is empty.
    """
    x, y = data if isinstance(data, tuple) else data[:]
    if len(x) == 0:
        raise ValueError("there is no image to evaluate on")
    return x, y


@torch.no_grad()
def correct(model: nn.Module, x: Images, y: Labels, batch: int = 500) -> Bool[Tensor, " n"]:
    """Which images the model gets right, in eval mode and float32."""
    with evaluating(model), torch.autocast(x.device.type, enabled=False):
        return torch.cat([model(x[i : i + batch]).argmax(1) == y[i : i + batch] for i in range(0, len(x), batch)])


def accuracy(model: nn.Module, data: Any, batch: int = 500) -> float:
    """The share of clean images that the model gets right. `data` is a Split or (x, y)."""
    right = correct(model, *images_and_labels(data), batch)
    return int(right.sum()) / len(right)


def worst_case(outcomes: Mapping[str, Outcome]) -> Outcome:
    """An example stands only if it stands under every attack: the per-example AND, never above any row.

    The distances are those of the smallest successful attack, or the largest tried where none succeeded.
    Raises: ValueError if there is none, or they differ in n.
    """
    rows = list(outcomes.values())
    if not rows or len({o.n for o in rows}) != 1:
        raise ValueError(f"worst_case needs outcomes on the same examples, got n = {[o.n for o in rows]}")
    right = torch.stack([o.correct for o in rows])
    stands = right.all(0)
    sizes = []
    for of in ("linf", "l2"):
        size = torch.stack([getattr(o, of) for o in rows])
        sizes.append(torch.where(stands, size.amax(0), size.masked_fill(right, torch.inf).amin(0)))
    return Outcome(stands, sizes[0], sizes[1], sum(o.seconds for o in rows))
