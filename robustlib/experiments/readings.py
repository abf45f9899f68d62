"""Rows as what a figure or a sentence takes."""

from collections.abc import Sequence

from robustlib.evaluation import Evidence
from robustlib.experiments.rows import Row

NORMS = {"Linf": "L-infinity"}


def reading(row: Row) -> tuple[float, float, float]:
    """A share and its interval, for a figure. Raises: ValueError where nothing was measured."""
    if row.value is None or row.low is None or row.high is None:
        raise ValueError(f"{row.said} has no value with an interval")
    return row.value, row.low, row.high


def percent(row: Row) -> str:
    """A share for a sentence: "12.3 % [10.4, 14.5; n = 1000]". Raises: ValueError as `reading`."""
    share, low, high = (100 * end for end in reading(row))
    return f"{share:.1f} % [{low:.1f}, {high:.1f}; n = {row.n}]"


def printed_percent(row: Row) -> str:
    """The paper's number for a sentence: "26.52 %". Raises: ValueError where the paper prints none."""
    if row.reported is None:
        raise ValueError(f"no paper prints a number beside {row.said}")
    return f"{100 * row.reported:g} %"


def evidence(of: Row | Sequence[Row]) -> Evidence:
    """One row, or the same row of several seeds, with all it rests on, for `result_box` or a sentence.

    Several seeds are their mean, between the least and the most, as in the tables; n is that of one seed.
    Raises: ValueError for no row, for rows that differ in more than the seed, and as `reading`.
    """
    rows = [of] if isinstance(of, Row) else list(of)
    about = ("metric", "attack", "norm", "eps", "defense", "images", "dataset", "n", "epochs", "paper_epochs")
    for name in about:
        values = list(dict.fromkeys(getattr(row, name) for row in rows))
        if len(values) != 1:
            raise ValueError(f"rows of one measurement under several seeds, got {values or 'no row'} in {name}")
    seeds = {row.seed for row in rows}
    if len(seeds) != len(rows):
        raise ValueError(f"{len(rows)} rows of {len(seeds)} seeds: one row a seed is wanted of {rows[0].said}")
    first, found = rows[0], [reading(row) for row in rows]
    if first.n is None:
        raise ValueError(f"{first.said} does not say on how many images it rests")
    values = [share for share, _, _ in found]
    several = sum(values) / len(values), min(values), max(values)
    value, low, high = found[0] if len(rows) == 1 else several
    norm = NORMS.get(first.norm, first.norm)
    schedule = "" if first.epochs is None else f"{first.epochs} of {first.paper_epochs or first.epochs} epochs"
    return Evidence(value, low, high, first.n, first.attack, norm, first.eps, len(rows), schedule)
