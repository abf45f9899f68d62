"""A scatter draws its points and the line on which both numbers are equal."""

import pytest

from robustlib.figures import scatter

WORDS = {"xlabel": "bound", "ylabel": "found", "caption": "Look.", "alt": "Points."}


def test_points_stand_where_they_are_given_and_the_line_has_equal_numbers(drawings):
    found = scatter({"CE": ([1, 2], [3, 5]), "MAD": ([4], [6])}, **WORDS)
    (ax,) = drawings[0].axes
    first, second, equal = (line.get_xydata().tolist() for line in ax.lines)
    assert (first, second) == ([[1, 3], [2, 5]], [[4, 6]])
    assert all(a == b for a, b in equal) and equal[0][0] < equal[1][0]
    assert (
        len({line.get_marker() for line in ax.lines[:2]}) == 2
        and "Horizontal: bound. Vertical: found." in found.caption
    )


def test_logarithmic_axes_are_both_and_refuse_zero(drawings):
    scatter({"CE": ([0.1, 1], [1, 10])}, logarithmic=True, **WORDS)
    assert (drawings[0].axes[0].get_xscale(), drawings[0].axes[0].get_yscale()) == ("log", "log")
    with pytest.raises(ValueError, match="finite numbers above 0"):
        scatter({"CE": ([0.0, 1], [1, 10])}, logarithmic=True, **WORDS)


@pytest.mark.parametrize("series", [{}, {"CE": ([1], [])}, {"CE": ([], [])}, {"CE": ([1, float("nan")], [1, 2])}])
def test_points_that_cannot_be_drawn(series):
    with pytest.raises(ValueError, match="no series|needs points of two finite numbers"):
        scatter(series, **WORDS)
