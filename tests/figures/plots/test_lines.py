"""Lines draw the values that they are given."""

import pytest

from robustlib.figures import lines

WORDS = {"xlabel": "x", "ylabel": "y", "caption": "Look.", "alt": "Two lines."}


def test_every_series_is_drawn_over_x(drawings):
    lines([0, 1, 2], {"a": [0, 1, 4], "b": [2, 1, 0]}, top=3, **WORDS)
    (ax,) = drawings[0].axes
    assert [(line.get_label(), line.get_xydata().tolist()) for line in ax.lines] == [
        ("a", [[0, 0], [1, 1], [2, 4]]),
        ("b", [[0, 2], [1, 1], [2, 0]]),
    ]
    assert ax.get_ylim() == (0, 3) and len({line.get_linestyle() for line in ax.lines}) == 2


@pytest.mark.bad_input
def test_a_series_of_another_length():
    with pytest.raises(ValueError, match="each of 2 places"):
        lines([0, 1], {"a": [0, 1, 4]}, **WORDS)


@pytest.mark.bad_input
def test_more_lines_than_can_be_told_apart():
    with pytest.raises(ValueError, match="9 lines are more than the 8"):
        lines([0, 1], {str(i): [0, i] for i in range(9)}, **WORDS)
