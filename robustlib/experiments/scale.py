"""The scale at which a notebook runs; its sentences were written, and are asserted, for the numbers of one of them."""

SCALES = ("book", "full")  # the embedded digits; the complete data sets
_chosen = ["book"]


def run_at(scale: str) -> None:
    """Say at which scale this notebook runs, as its setup cell does.

    At "full" the cells that train and attack find other numbers than those that the text was written for. A relation
    that does not hold there is told, and does not stop the notebook; at "book" it is an error.
    Raises: ValueError for another scale.
    """
    if scale not in SCALES:
        raise ValueError(f"no scale {scale!r}: {' or '.join(SCALES)}")
    _chosen[0] = scale


def written_for_this() -> bool:
    """Whether the text was written for the numbers of the scale that is run."""
    return _chosen[0] == "book"
