"""What became of each example, and the worst case over attacks, example by example."""

import random
import warnings
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from robustlib.door import check_batch, check_images, check_model, check_size
from robustlib.evaluation.intervals import wilson
from robustlib.gradient import clean_logits, evaluating, search_logits
from robustlib.interfaces import Images, Labels


@dataclass(frozen=True, eq=False)
class Outcome:
    """Which examples the model still gets right, and how far each was moved (0 where it was wrong from the start)."""

    correct: Bool[Tensor, " n"]
    linf: Float[Tensor, " n"]
    l2: Float[Tensor, " n"]
    seconds: float
    draws: int = 0  # on how many draws of a model that draws random numbers each verdict rests; 0: it draws none
    examples: int | None = None  # a checksum of the images and labels; None: not known

    def __post_init__(self) -> None:
        right = self.correct
        if (
            right.dtype != torch.bool
            or right.ndim != 1
            or len(right) == 0
            or not right.shape == self.linf.shape == self.l2.shape
        ):
            found = ", ".join(f"{t.dtype} {tuple(t.shape)}" for t in (right, self.linf, self.l2))
            raise ValueError(f"an outcome is one bool and two distances for each of n >= 1 images, got {found}")

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
        rests = f", on {self.draws} draw of a random model" if self.draws else ""
        return f"{100 * self.accuracy:.1f} % [{100 * low:.1f}, {100 * high:.1f}], n = {self.n}{rests}"


@contextmanager
def seeded(seed: int, name: str, device: torch.device) -> Iterator[None]:
    """Random numbers that depend on the seed and the name only; the generators are put back afterwards.

    The global generators of torch, numpy and Python: a model may draw from any of them. One that it owns is its own.
    """
    devices, number = [device] if device.type == "cuda" else [], (zlib.crc32(name.encode()) + seed * 0x9E3779B1) % 2**32
    theirs = np.random.get_state(), random.getstate()
    try:
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(number)
            np.random.seed(number)
            random.seed(number)
            yield
    finally:
        np.random.set_state(theirs[0])
        random.setstate(theirs[1])


def images_and_labels(data: Any) -> tuple[Images, Labels]:
    """(x, y) of a Split, or of a pair that is one already.

    Raises: ValueError if it is empty, or holds anything but images in [0, 1] and one integer label for each.
    """
    x, y = data if isinstance(data, tuple) else data[:]
    check_batch(x, y)
    if len(x) == 0:
        raise ValueError("there is no image to evaluate on")
    return x, y


@torch.no_grad()
def correct(model: nn.Module, x: Images, y: Labels, batch: int = 500) -> Bool[Tensor, " n"]:
    """Which images the model gets right, in eval mode and float32.

    Raises: ValueError for a model that answers anything but finite logits, or that has not these classes.
    """
    check_size(batch)
    check_model(model, x)
    parts = zip(x.split(batch), y.split(batch), strict=True)
    return torch.cat([clean_logits(model, *part).argmax(1) == part[1] for part in parts])


def pairs(model: nn.Module, x: Images, x_adv: Images, y: Labels, batch: int = 500, seed: int = 0) -> Bool[Tensor, " n"]:
    """Which images are classified right when clean and wrong when attacked: those over which the paper takes its AUC.

    A model that draws random numbers draws the same ones for both; the generators are restored.

    Source: Pang et al. 2018, table 2. Raises: ValueError for what is no images or labels, or not of one length.
    """
    check_batch(x, y)
    check_images(x_adv, "x_adv")
    if x.shape != x_adv.shape:
        raise ValueError(f"one attacked image for each image, got {tuple(x.shape)} and {tuple(x_adv.shape)}")
    if len(x) == 0:
        return torch.zeros(0, dtype=torch.bool, device=x.device)
    right = []
    for images in (x, x_adv):
        with seeded(seed, "clean", x.device):
            right.append(correct(model, images, y, batch))
    return right[0] & ~right[1]


def accuracy(model: nn.Module, data: Any, batch: int = 500, seed: int = 0) -> float:
    """The share of clean images that the model gets right. `data` is a Split or (x, y).

    A model that draws random numbers draws them from the seed; the generators are restored.
    """
    x, y = images_and_labels(data)
    with seeded(seed, "clean", x.device):
        right = correct(model, x, y, batch)
    return int(right.sum()) / len(right)


def draws_of(model: nn.Module, x: Images, seed: int = 0) -> int:
    """1 where the model answers these images otherwise when it is asked again, as random models do; 0 where not.

    Warns of a model whose answer to an image depends on the other images of the batch.
    """

    def alike(first: Tensor, second: Tensor) -> bool:
        return torch.allclose(first, second, rtol=1e-3, atol=1e-3 * first.abs().max().item())

    with torch.no_grad(), evaluating(model), seeded(seed, "again", x.device):
        before = torch.get_rng_state()
        first, second = (search_logits(model, x) for _ in range(2))
        if not torch.equal(before, torch.get_rng_state()) or not alike(first, second):
            return 1
        half = -(-len(x) // 2)
        if alike(first[:half], search_logits(model, x[:half])):
            return 0
    warnings.warn(
        "the model's answer to an image depends on the other images of its batch: what is right or broken holds for "
        "these images in batches of this size only",
        stacklevel=3,
    )
    return 0


def checksum(x: Images, y: Labels) -> int:
    """Of images and labels, so that outcomes on others are not laid over one another."""
    return zlib.crc32(x.detach().cpu().contiguous().numpy(), zlib.crc32(y.cpu().contiguous().numpy()))


def worst_case(outcomes: Mapping[str, Outcome]) -> Outcome:
    """An example stands only if it stands under every attack: the per-example AND, never above any row.

    The distances are those of the smallest successful attack, or the largest tried where none succeeded.
    Raises: ValueError if there is none, or they are known to be on other examples.
    """
    rows = list(outcomes.values())
    if not rows or len({o.n for o in rows}) != 1:
        raise ValueError(f"worst_case needs outcomes on the same examples, got n = {[o.n for o in rows]}")
    known = {o.examples for o in rows} - {None}
    if len(known) > 1:
        raise ValueError("worst_case needs outcomes on the same examples, got those of other images or labels")
    right = torch.stack([o.correct for o in rows])
    stands = right.all(0)
    sizes = []
    for of in ("linf", "l2"):
        size = torch.stack([getattr(o, of) for o in rows])
        sizes.append(torch.where(stands, size.amax(0), size.masked_fill(right, torch.inf).amin(0)))
    seconds, draws = sum(o.seconds for o in rows), max(o.draws for o in rows)
    return Outcome(stands, sizes[0], sizes[1], seconds, draws, known.pop() if known else None)
