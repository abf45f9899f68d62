"""Tables of what was measured in the page itself: small runs, never published numbers."""

from collections.abc import Sequence

from robustlib.evaluation import Cell, Outcome, Table


def outcome_cell(row: str, column: str, outcome: Outcome) -> Cell:
    """An outcome as a cell, in per cent."""
    low, high = outcome.interval
    return Cell(row, column, None, 100 * outcome.accuracy, 100 * low, 100 * high, outcome.n)


def stack(tables: Sequence[Table]) -> Table:
    """Tables with the same columns as one, under the first caption."""
    return Table(tables[0].caption, tuple(cell for table in tables for cell in table.cells))
