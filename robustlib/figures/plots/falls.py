"""What one attack leaves and what another does, on one line a network: how far a number falls."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from robustlib.evaluation import Cell, Table
from robustlib.figures.page.inks import BLACK, BLUE, GREY, VERMILLION
from robustlib.figures.page.picture import Picture
from robustlib.figures.page.tables import paper_beside_ours
from robustlib.figures.plots.canvas import canvas, figure
from robustlib.figures.plots.dot_panels import DIAMOND, labels

MARKERS = ("o", "s")  # of the first column, of the second
INTERVAL: dict[str, Any] = {"linewidth": 2.5, "alpha": 0.6, "solid_capstyle": "butt", "clip_on": False}


def fall_plot(
    table: Table,
    *,
    caption: str,
    measure: str,
    controls: Sequence[str] = (),  # rows that are compared with the row before: grey, and called by what follows ": "
    alt: str | None = None,
) -> Picture:
    """A line for each row of a table of two columns: a circle, an arrow, a square, and the paper's diamond.

    Both ends have their intervals; the numbers of both stand at the right, and the whole table beneath.
    Raises: ValueError unless there are two columns, a number in every cell, and the table has every control.
    """
    if len(table.columns) != 2 or any(table[row, c].ours is None for row in table.rows for c in table.columns):
        raise ValueError(f"need two columns with a number in each row, got {list(table.columns)} of {list(table.rows)}")
    if missing := [row for row in controls if row not in table.rows]:
        raise ValueError(f"the table has no row {missing[0]!r}; it has {', '.join(table.rows)}")
    names = labels([row.rpartition(": ")[2] if row in controls else row for row in table.rows])
    places, at, above = [], 0.0, 0
    for row, name in zip(table.rows, names, strict=True):
        at += (0.85 if row in controls else 1.25) + 0.3 * (name.count("\n") + above)
        above = name.count("\n")
        places.append(at)
    drawn = canvas(4.8, 1.0 + 0.27 * places[-1])
    ax = drawn.add_subplot(xlabel=measure, xlim=(-4, 104), ylim=(places[-1] + 0.8, places[0] - 0.8))
    for y, row in zip(places, table.rows, strict=True):
        _draw(ax, y, [table[row, column] for column in table.columns], row in controls, table.digits)
    ax.set_yticks(places, names)
    for tick, row in zip(ax.get_yticklabels(), table.rows, strict=True):
        tick.set(color=GREY if row in controls else BLACK, fontsize=9.5)
    ax.tick_params(axis="y", length=0)
    ax.grid(False, axis="y")
    ax.spines["left"].set_visible(False)
    printed = any(table[row, column].paper is not None for row in table.rows for column in table.columns)
    drawn.legend(handles=_key(table.columns, printed, bool(controls)), loc="outside upper left", ncols=2, fontsize=9)
    words = "; ".join(f"{row}: {_said([table[row, c] for c in table.columns], table.digits)}" for row in table.rows)
    picture = figure(
        drawn,
        alt=alt or f"From {' to '.join(table.columns)}, in {measure}. {words}.",
        caption=caption,
        axes=f"Horizontal: {measure}. Vertical: one line for each row of the table below.",
        marks="Lines: the table's intervals. The numbers at the right are those of both ends.",
    )
    return replace(picture, numbers=paper_beside_ours(table))


def _draw(ax: Axes, y: float, cells: Sequence[Cell], control: bool, digits: int) -> None:
    """One line: both ends, their intervals, the arrow between them, the printed number, and both in figures."""
    ends = [cell.ours for cell in cells if cell.ours is not None]
    if abs(ends[1] - ends[0]) > 3:
        arrow = {"arrowstyle": "->", "color": GREY, "lw": 1.1, "shrinkA": 4, "shrinkB": 4}
        ax.annotate("", (ends[1], y), (ends[0], y), arrowprops=arrow)
    for cell, end, marker, colour in zip(cells, ends, MARKERS, (BLUE, VERMILLION), strict=True):
        ink = GREY if control else colour
        if cell.low is not None and cell.high is not None:
            ax.plot([cell.low, cell.high], [y, y], color=ink, **INTERVAL)
        ax.plot(end, y, marker, color=ink, markersize=5 if control else 6.5, zorder=3, clip_on=False)
        if cell.paper is not None:
            ax.plot(cell.paper, y, zorder=4, clip_on=False, **DIAMOND)
    text = " → ".join(f"{end:.{digits}f}" for end in ends)
    colour = GREY if control else BLACK
    ax.text(1.03, y, text, transform=ax.get_yaxis_transform(), va="center", fontsize=9, color=colour)


def _said(cells: Sequence[Cell], digits: int) -> str:
    """A line in words."""
    parts = [f"{cell.number(digits)} {cell.interval(digits)}".strip() for cell in cells]
    paper = "".join(f", the paper prints {cell.paper:g}" for cell in cells if cell.paper is not None)
    return f"from {parts[0]} to {parts[1]}{paper}"


def _key(columns: Sequence[str], printed: bool, controls: bool) -> list[Line2D]:
    """What stands above the drawing."""
    shown = [
        Line2D([], [], marker=marker, color=colour, linestyle="", markersize=6.5, label=column)
        for marker, colour, column in zip(MARKERS, (BLUE, VERMILLION), columns, strict=True)
    ]
    shown += [Line2D([], [], label="printed in the paper", **DIAMOND)] * printed
    grey: dict[str, Any] = {"color": GREY, "linewidth": 2.5, "label": "grey: the control"}
    return shown + [Line2D([], [], **grey)] * controls
