"""The panels of a dot plot: one for each column of a table, a line for each row."""

import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from robustlib.evaluation import Cell
from robustlib.figures.page.inks import BLACK, DIM, PAPER
from robustlib.figures.plots.canvas import canvas
from robustlib.figures.plots.looks import SeriesStyle

Cells = Mapping[tuple[str, str], Cell]
SCHEDULE = re.compile(r" \([^()]*\bepochs?\b[^()]*\)")  # stands in the table; too long beside a dot
WHOLE = (-4.0, 104.0)  # per cent
NARROW = 0.2  # share of the common scale that the numbers of every panel must fill
GROUND = {"boxstyle": "square,pad=0.1", "facecolor": PAPER, "edgecolor": "none"}  # no line runs through a word
DIAMOND: dict[str, Any] = {
    "marker": "D",
    "linestyle": "",
    "color": BLACK,
    "markerfacecolor": "none",
    "markersize": 8,
    "markeredgewidth": 1.2,
}


def values(cell: Cell) -> list[float]:
    """The numbers that a cell's line has to hold."""
    return [v for v in (cell.paper, cell.low, cell.ours, cell.high) if v is not None]


def labels(rows: Sequence[str]) -> list[str]:
    """The rows' names without their schedules, where they differ without; in lines of 20 characters."""
    short = [SCHEDULE.sub("", row) for row in rows]
    lines = [
        (name if len(name) <= 20 else name.replace(" (", "\n(")).split("\n")
        for name in (short if len(set(short)) == len(rows) else rows)
    ]
    return ["\n".join(part for line in name for part in textwrap.wrap(line, 20)) for name in lines]


def grid(
    found: Mapping[str, Sequence[float]], names: Sequence[str], measure: str, shared: bool | None
) -> tuple[Figure, list[Axes], bool]:
    """Empty panels for the numbers of each column, two or three a line, and whether they have one scale."""
    wide = {1: 1, 2: 2, 4: 2}.get(len(found), 3)
    lines = -(-len(found) // wide)
    height = 0.1 + sum(0.16 + 0.16 * (name.count("\n") + 1) for name in names)
    drawn = canvas(4.8, 0.75 + lines * (height + 0.7))
    drawn.get_layout_engine().set(h_pad=0.09)  # type: ignore[union-attr, call-arg]
    axes = drawn.subplots(lines, wide, squeeze=False).flat
    spans = [_ends(numbers) for numbers in found.values() if numbers]
    whole = _ends([number for numbers in found.values() for number in numbers])
    if shared is None:
        shared = whole == WHOLE or min(high - low for low, high in spans) > NARROW * (whole[1] - whole[0])
    for i, (ax, (column, numbers)) in enumerate(zip(axes, found.items(), strict=False)):
        whole_steps = column.replace(" x ", "\u00a0x\u00a0")  # "2/255 x 10" stays in one line
        ax.set_title("\n".join(textwrap.wrap(whole_steps, 12 if wide > 2 else 26)), fontsize=10)
        ax.set(xlim=whole if shared or not numbers else _ends(numbers), ylim=(len(names) - 0.4, -0.6))
        ax.set_yticks(range(len(names)), names if i % wide == 0 else [""] * len(names))
        ax.tick_params(axis="y", length=0, pad=9)
        ax.locator_params(axis="x", nbins=5 if wide == 1 else 4)
        ax.spines["left"].set_visible(False)
    for ax in axes[len(found) :]:
        ax.remove()
    drawn.supxlabel(measure, fontsize=11)
    return drawn, list(drawn.axes), shared


def _ends(numbers: Sequence[float]) -> tuple[float, float]:
    """A scale that holds the numbers with room at both ends; 0 to 100 where they spread over most of it."""
    low, high = min(numbers), max(numbers)
    if low >= 0 and high <= 100 and high - low > 50:
        return WHOLE
    room = 0.08 * (high - low or abs(high) or 1)
    return low - room, high + room


def draw_row(ax: Axes, cell: Cell, y: int, style: SeriesStyle, digits: int | None) -> None:
    """One cell on its line; with its number at the right where `digits` says how many to print."""
    if cell.ours is not None:
        low, high = (cell.ours if end is None else end for end in (cell.low, cell.high))
        ax.plot([low, high], [y, y], color=style.colour, linewidth=2.5, alpha=0.7, solid_capstyle="butt", clip_on=False)
        # A dot for all: their rows have names, and a triangle would read as the table's "higher" and "lower".
        ax.plot(cell.ours, y, marker="o", color=style.colour, markersize=6, zorder=3, clip_on=False)
    if cell.paper is not None:
        ax.plot(cell.paper, y, zorder=4, clip_on=False, **DIAMOND)
    said = "–" if not cell.applies else cell.number() if cell.ours is None else ""
    if said:
        left, right = ax.get_xlim()
        right_of_it = cell.paper is not None and cell.paper < (left + right) / 2
        place, side = (0.5, "center") if not cell.applies else (0.98, "right") if right_of_it else (0.02, "left")
        ax.text(
            place, y, said, transform=ax.get_yaxis_transform(), ha=side, va="center", fontsize=9, color=DIM, bbox=GROUND
        )
    elif digits is not None:
        number = cell.number(digits) + ("" if cell.paper is None else f" (paper {cell.paper:g})")
        ax.text(1.04, y, number, transform=ax.get_yaxis_transform(), va="center", fontsize=9.5)


def key(printed: bool, names: tuple[str, str] = ("ours", "paper")) -> list[Line2D]:
    """What stands above the panels: ours, its interval, and the paper's number if there is one."""
    ours = Line2D([], [], color=BLACK, marker="o", markersize=6, linewidth=2.5, label=f"{names[0]} with its interval")
    return [ours, *([Line2D([], [], label=names[1], **DIAMOND)] if printed else [])]
