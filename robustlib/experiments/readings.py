"""Rows as what a figure or a sentence takes."""

from robustlib.experiments.rows import Row


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
