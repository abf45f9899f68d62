"""Two networks compared by one rule: shares of the same images pair by pair, medians by their notches."""

from math import sqrt

from robustlib.experiments.paired_differences import difference as difference
from robustlib.experiments.quantities import Quantity
from robustlib.experiments.rows import Row


def notch(row: Row | None) -> Quantity | None:
    r"""A median between the ends of its notch: where two notches do not meet, two medians differ at about 95 %.

    .. math:: M \pm 1.57\, R / \sqrt{n}, \quad R \text{ the width of the middle half of } n \text{ numbers}

    It needs no number of a single image, and does not use that both networks got the same images.
    Source: McGill, Tukey and Larsen 1978, page 16, where the factor is 1.7 x 1.25 / 1.35. None where it was not run.
    Raises: ValueError for a row without its quartiles.
    """
    if row is None or row.value is None:
        return None
    if row.low is None or row.high is None or not row.n:
        raise ValueError(f"a notch needs a median, both quartiles and n, and {row.said} lacks one")
    half = 1.57 * (row.high - row.low) / sqrt(row.n)
    return Quantity(row.value, row.value - half, row.value + half, row.said, row.n)
