"""A measured number as a sentence takes it: its value, its interval, on how many images, and of what it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from robustlib.evaluation import Cell, Outcome
from robustlib.experiments.rows import SHARES, Row


@dataclass(frozen=True)
class Quantity:
    """A number between the ends of its interval; without an interval both ends are the number itself."""

    value: float
    low: float
    high: float
    label: str  # what it is of, for an error
    n: int | None = None
    share: bool = False  # then said in per cent
    reported: float | None = None  # the paper's number, in the same unit

    @property
    def bare(self) -> bool:
        """Whether it has no interval."""
        return self.low == self.high

    def number(self, spec: str = "") -> str:
        """ "12.3 %", "1,000", or as the format says, of which "%" is left to this."""
        if self.share:
            return f"{100 * self.value:{spec or '.1f'}}\u00a0%"
        return f"{self.value:{spec}}" if spec else f"{self.value:,.4g}" if self.value % 1 else f"{self.value:,.0f}"

    def interval(self, with_n: bool = True) -> str:
        """ "[10.4, 14.5; n = 1000]", or nothing where there is no interval."""
        if self.bare:
            return ""
        scale = 100 if self.share else 1
        counted = f"; n = {self.n}" if with_n and self.n is not None else ""
        return f"[{scale * self.low:.1f}, {scale * self.high:.1f}{counted}]"

    def __str__(self) -> str:
        return " ".join(part for part in (self.label and f"{self.label}:", self.number(), self.interval()) if part)


def quantity(of: Any, name: str) -> Quantity:
    """The number of a row, a table's cell, an outcome of `under_attack`, or a number itself.

    Raises: ValueError for a row that is not there, one of which nothing was measured, and what is no number.
    """
    match of:
        case Quantity():
            return of
        case Row(value=float() | int() as value):
            ends = (value, value) if of.low is None or of.high is None else (of.low, of.high)
            return Quantity(value, *ends, of.said, of.n, of.metric in SHARES, of.reported)
        case Cell(ours=float() | int() as value):
            ends = (value, value) if of.low is None or of.high is None else (of.low, of.high)
            return Quantity(value, *ends, f"{of.row}, {of.column}", of.n, reported=of.paper)
        case Outcome():
            return Quantity(of.accuracy, *of.interval, name, of.n, share=True)
        case bool():
            pass
        case int() | float():
            return Quantity(of, of, of, "")
        case None:
            raise ValueError(f"{name} is None: there is no such row; `one(rows, ...)` says which columns do not fit")
        case Row() | Cell():
            where = of.said if isinstance(of, Row) else f"{of.row}, {of.column}"
            raise ValueError(f"{name} holds no number: {where} was not run, or there was nothing to measure")
    raise ValueError(f"{name} has to be a row, a cell, an outcome or a number, got {type(of).__name__}")


def quantities(of: Any, name: str) -> Sequence[Quantity]:
    """The same for several at once: a list of rows, or one. Raises: ValueError as `quantity`, and for an empty list."""
    if isinstance(of, Iterable) and not isinstance(of, str):
        of = list(of.values()) if isinstance(of, dict) else list(of)
        if not of:
            raise ValueError(f"{name} is empty: there are no such rows")
        return [quantity(each, f"{name}[{i}]") for i, each in enumerate(of)]
    return [quantity(of, name)]
