"""Distances say what they draw, and refuse what they cannot draw."""

import pytest

from robustlib.figures import distance_bars, distance_curves


def test_failures_keep_the_curve_up():
    made = distance_curves(
        {"DDN": [0.0, 1.0, 2.0, None], "C&W": [0.0, 1.0, 1.5, 2.0]}, {"PGD": {1.0: (0.5, 0.2, 0.8)}}, caption="x"
    )
    assert "DDN: median distance 1.50, 1 failures" in made.alt and "PGD: 50 % at 1" in made.alt


SIZES = {"mean": 1.5, "median": 1.25, "low": 1.0, "high": 2.0, "n": 7}


def test_distances_are_read_aloud():
    html = distance_bars({"C&W": {"CE": SIZES}}, caption="Look.")._repr_html_()
    assert "median 1.25, mean 1.50 of 7 images" in html


@pytest.mark.bad_input
def test_nothing_to_draw():
    with pytest.raises(ValueError, match="no distance"):
        distance_bars({}, caption="Look.")
