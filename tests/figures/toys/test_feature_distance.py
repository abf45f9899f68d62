"""The distance toy draws what it says."""

import pytest

from robustlib.figures import distance_toy


def test_distance_toy_says_what_the_curve_does() -> None:
    assert "a short step of 0.1 across the steep part moves it by 1.8" in distance_toy(30).alt
    assert "a short step of 0.05 across" in distance_toy(60).alt


def test_a_curve_that_is_not_flat_where_it_should_be() -> None:
    with pytest.raises(ValueError, match="need steepness >= 12, got 2"):
        distance_toy(2.0)
