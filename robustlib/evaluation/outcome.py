"""What became of each example, and the worst case over attacks, example by example."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from robustlib.evaluation.intervals import wilson
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


def checksum(x: Images, y: Labels) -> int:
    """Of images and labels, so that outcomes on others are not laid over one another."""
    return zlib.crc32(x.detach().cpu().numpy().tobytes(), zlib.crc32(y.cpu().numpy().tobytes()))


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
