"""A table of numbers, the paper's beside ours: plain data, which the command line prints and the book draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Cell:
    """One entry: the printed number, ours with its 95 % interval, and on how many images. Percentages; None where
    absent. A cell with an n and without a number was run, and there was nothing to measure.
    Raises: ValueError unless low <= ours <= high.
    """

    row: str
    column: str
    paper: float | None = None
    ours: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    note: str = ""
    applies: bool = True  # False: nothing belongs here, and a dash says so

    def __post_init__(self) -> None:
        ends = [v for v in (self.low, self.ours, self.high) if v is not None]
        if not all(a <= b + 1e-9 * max(1.0, abs(b)) for a, b in pairwise(ends)):
            raise ValueError(
                f"the cell ({self.row}, {self.column}) has {self.ours} outside its interval [{self.low}, {self.high}]"
            )

    def number(self, digits: int = 1) -> str:
        """Our number, with so many digits after the point, or what stands in its place where there is none."""
        absent = "not run" if self.n is None else "none"
        return absent if self.ours is None else f"{self.ours:.{digits}f}"

    def interval(self, digits: int = 1) -> str:
        """ "[low, high]", or nothing."""
        if self.ours is None or self.low is None or self.high is None:
            return ""
        return f"[{self.low:.{digits}f}, {self.high:.{digits}f}]"

    def said(self, digits: int = 1) -> str:
        """ "paper | ours [low, high]"."""
        if not self.applies:
            return "–"
        ours = f"{self.number(digits)} {self.interval(digits)}".strip()
        return ours if self.paper is None else f"{self.paper:g} | {ours}"


@dataclass(frozen=True)
class Table:
    """Cells under a caption that says norm, eps, n, seeds and schedule."""

    caption: str
    cells: tuple[Cell, ...]
    digits: int = 1  # after the point

    @property
    def rows(self) -> Sequence[str]:
        """The row labels, in order of first appearance."""
        return list(dict.fromkeys(c.row for c in self.cells))

    @property
    def columns(self) -> Sequence[str]:
        """The column labels, in order of first appearance."""
        return list(dict.fromkeys(c.column for c in self.cells))

    def __getitem__(self, at: tuple[str, str]) -> Cell:
        """The cell at (row, column); an empty one where there is none."""
        for cell in self.cells:
            if (cell.row, cell.column) == at:
                return cell
        return Cell(*at)

    def __str__(self) -> str:
        """The table as text, one line a row: "paper | ours [low, high]"."""
        head = ["", *self.columns]
        body = [[row, *(self[row, column].said(self.digits) for column in self.columns)] for row in self.rows]
        return "\n".join([self.caption, *(line.rstrip() for line in aligned([head, *body]))])


@dataclass(frozen=True)
class TextTable:
    """A table of words: header, rows, and a caption."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        return "\n".join([self.caption, *(line.rstrip() for line in aligned([self.header, *self.rows]))])


def aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Lines of cells as text, every column as wide as its widest entry."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in lines]
