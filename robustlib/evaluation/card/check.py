"""One line of the report card: what was measured, the verdict, why it matters, and what to do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from robustlib.evaluation.card.bench import Bench

PASSES, FAILS, CANNOT = "passes", "fails", "cannot be judged"
SHARE = 0.02  # of the images, by which two runs of one attack may differ by chance


@dataclass(frozen=True)
class Finding:
    """What one check found. Raises: ValueError for a verdict that is none of the three."""

    verdict: str  # "passes", "fails", "cannot be judged"
    measured: str  # a sentence with the numbers; where it cannot be judged, why

    def __post_init__(self) -> None:
        if self.verdict not in (PASSES, FAILS, CANNOT):
            raise ValueError(f"a verdict is {PASSES!r}, {FAILS!r} or {CANNOT!r}, got {self.verdict!r}")


@dataclass(frozen=True)
class Question:
    """A check before it is asked: the function that measures, and what is the same whatever it finds."""

    name: str
    why: str  # what a failure means
    what_to_do: str
    ask: "Callable[[Bench], Finding]"


@dataclass(frozen=True)
class Check:
    """One line of a finished card."""

    name: str
    measured: str
    verdict: str  # "passes", "fails", "cannot be judged"
    why: str
    what_to_do: str
    passes: float  # forward and backward passes that this check added, for each image of the card


def slack(n: int) -> int:
    """By how many of n images two runs may differ before it counts: one, or 2 % of them.

    >>> slack(16), slack(100), slack(500)
    (1, 2, 10)
    """
    return max(1, int(SHARE * n))
