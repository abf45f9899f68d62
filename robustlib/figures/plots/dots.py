"""A table of the paper's numbers and ours as dots with intervals, the table itself folded beneath."""

import math
from collections.abc import Sequence
from dataclasses import replace

from robustlib.evaluation import Cell, Table
from robustlib.figures.page.inks import BLUE
from robustlib.figures.page.picture import Picture
from robustlib.figures.page.tables import NAMES, Names, paper_beside_ours
from robustlib.figures.plots.canvas import figure
from robustlib.figures.plots.dot_panels import Cells, draw_row, grid, key, labels, values
from robustlib.figures.plots.looks import METHODS, SeriesStyle
from robustlib.figures.plots.series_styles import known_style

PLAIN = SeriesStyle(BLUE, "o", "solid", "")  # where neither row nor column is a known method or attack
SPOKEN = 12  # cells up to which the text alternative says every number; the table does so anyway


def dot_plot(
    table: Table,
    *,
    caption: str,
    measure: str = "the table's numbers, in %",
    rows: Sequence[str] | None = None,  # some of the table's rows, in this order
    columns: Sequence[str] | None = None,
    shared: bool | None = None,  # one scale for all panels; None: where the numbers of each fill enough of it
    looks: bool = True,  # False: all dots alike, where names only seem to be methods or attacks
    names: Names = NAMES,  # how our numbers are called, and the source's
    alt: str | None = None,
) -> Picture:
    """Each row of a table as a line: ours as a dot in its row's or column's colour, the interval, the paper's diamond.

    Several columns are panels side by side, on one scale where their numbers allow it. What was not run says so. The
    whole table stands beneath, behind "Show the numbers".
    Raises: ValueError if there is no finite number to draw, or the table lacks one of the rows or columns.
    """
    shown, across = _chosen("row", table.rows, rows), _chosen("column", table.columns, columns)
    cells = {(row, column): table[row, column] for row in shown for column in across}
    found = {column: [v for row in shown for v in values(cells[row, column])] for column in across}
    if not any(found.values()) or not all(math.isfinite(v) for inside in found.values() for v in inside):
        raise ValueError(f"the table {table.caption!r} has no number to draw, or one that is not finite: {found}")
    printed = any(cell.paper is not None for cell in cells.values())
    drawn, panels, shared = grid(found, labels(shown), measure, shared)
    for ax, column in zip(panels, across, strict=True):
        for y, row in enumerate(shown):
            style = (looks and (_look(row) or _look(column))) or PLAIN
            draw_row(ax, cells[row, column], y, style, table.digits if len(across) == 1 else None)
    drawn.legend(handles=key(printed, names), loc="outside upper left", ncols=3)
    picture = figure(
        drawn,
        alt=alt or _spoken(table, cells, names[1]),
        caption=caption,
        axes=f"Horizontal: {measure}{'' if shared else ', each panel on a scale of its own'}. "
        "Vertical: the rows of the table below.",
        marks=f"Dots: {names[0]}; lines: the table's intervals{f'; open diamonds: the {names[1]}' if printed else ''}.",
    )
    return replace(picture, numbers=paper_beside_ours(table, names))


def _chosen(what: str, there: Sequence[str], wanted: Sequence[str] | None) -> list[str]:
    """The rows or columns to draw.

    Raises: ValueError if one is not in the table, or none is left.
    """
    missing = [name for name in wanted or () if name not in there]
    chosen = list(there if wanted is None else wanted)
    if missing or not chosen:
        raise ValueError(f"the table has no {what} {missing or ''} to draw; it has {list(there)}")
    return chosen


def _look(name: str) -> SeriesStyle | None:
    """The style of the method in a row's or column's name, else of the attack: "FGSM (RCE)" is about RCE."""
    return known_style(name, METHODS) or known_style(name)


def _spoken(table: Table, cells: Cells, source: str) -> str:
    """The drawing in words."""
    rows, columns = (list(dict.fromkeys(part)) for part in zip(*cells, strict=True))
    said = f"Dot plot of {', '.join(columns)} for {', '.join(rows)}"
    if len(cells) > SPOKEN:
        return f"{said}. The numbers stand in the table below it."
    return f"{said}. " + "; ".join(
        f"{row}, {column}: {_said(cell, table.digits, source)}" for (row, column), cell in cells.items()
    )


def _said(cell: Cell, digits: int, source: str) -> str:
    """A cell as a sentence says it."""
    ours = f"{cell.number(digits)} {cell.interval(digits)}".strip() if cell.applies else "nothing belongs here"
    return ours if cell.paper is None else f"{ours}, {source} {cell.paper:g}"
