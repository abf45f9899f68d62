"""Rows as cells of a table: the paper's number, ours with its interval, and the words that every caption needs."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from robustlib.evaluation import Cell
from robustlib.experiments.rows import Row
from robustlib.experiments.stored import training

NOT_RUN = "not run"


def cell(row: Row | None, label: str, column: str, *, scale: float = 100.0, note: str = "") -> Cell:
    """A row as a cell, in per cent unless scaled otherwise; without a row a cell that says "not run"."""
    if row is None:
        return Cell(label, column, note=note)
    values = (row.reported, row.value, row.low, row.high)
    paper, ours, low, high = (None if value is None else scale * value for value in values)
    paper = None if paper is None else round(paper, 9)  # 34.48 per cent, and not a hair off
    return Cell(label, column, paper, ours, low, high, row.n, note)


def auc_cell(row: Row | None, label: str, column: str) -> Cell:
    """A detector's AUC times 100; where the attack broke nothing, a note says so."""
    nothing = row is not None and row.n is not None and row.value is None
    return cell(row, label, column, note="nothing was fooled: no pair to tell apart" if nothing else "")


def complement(found: Cell, whole: float = 100.0) -> Cell:
    """What is left to the whole: an error from an accuracy. The ends of the interval change places."""
    paper, ours, low, high = (
        None if v is None else whole - v for v in (found.paper, found.ours, found.high, found.low)
    )
    return replace(found, paper=paper, ours=ours, low=low, high=high)


def schedule(network: str, seed: int = 0) -> str:
    """How long a network was trained: "4 of 10 epochs, CPU", or "not run"."""
    found = training(network, seed)
    if found is None:
        return NOT_RUN
    done = found["schedule"]
    return f"{done['epochs']} of {done['paper_epochs']} epochs, {found['device']}"


def counted(cells: Iterable[Cell], *, nothing: str = "0, not run") -> str:
    """On how many images the cells of a table rest: "500 or 1000"."""
    return " or ".join(str(n) for n in sorted({c.n for c in cells if c.n is not None})) or nothing


def spread(label: str, column: str, found: Sequence[Cell]) -> Cell:
    """Several seeds as one cell: their mean, between the least and the most; one seed as it is."""
    there = [c for c in found if c.ours is not None]
    if len(there) < 2:
        only = next(iter([*there, *found]), Cell(label, column))
        return replace(only, row=label, column=column)
    values = [c.ours for c in there if c.ours is not None]
    ends = sum(values) / len(values), min(values), max(values)
    return Cell(label, column, there[0].paper, *ends, there[0].n, there[0].note)
