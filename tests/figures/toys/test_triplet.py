"""The toys draw what they say."""

import re

import pytest

from robustlib.figures import distance_toy, triplet_toy


def test_triplet_toy_says_its_margin_and_zero_loss_after(monkeypatch: pytest.MonkeyPatch) -> None:
    from robustlib.figures.toys import triplet as toys

    titles: list[list[str]] = []
    whole = toys.figure
    monkeypatch.setattr(
        toys, "figure", lambda d, **w: (titles.append([a.get_title() for a in d.axes]), whole(d, **w))[1]
    )
    for margin in (0.2, 0.5, 1.2):
        assert f"the loss with margin {margin:g} is 0" in triplet_toy(margin).alt
    losses = [[float(re.sub(r".*loss ", "", title)) for title in pair] for pair in titles]
    assert all(before > 0 and after == 0 for before, after in losses)
    assert losses[0][0] < losses[1][0] < losses[2][0]
    assert losses[0][0] == pytest.approx(1.3**2 + 0.9**2 - 1.0**2 - 0.7**2 + 0.2, abs=0.051)  # squared distances


def test_distance_toy_says_what_the_curve_does() -> None:
    assert "a short step of 0.1 across the steep part moves it by 1.8" in distance_toy(30).alt
    assert "a short step of 0.05 across" in distance_toy(60).alt


@pytest.mark.parametrize(("toy", "value"), [(triplet_toy, 0.0), (triplet_toy, 5.0), (distance_toy, 2.0)])
def test_values_that_would_leave_the_picture(toy: object, value: float) -> None:
    with pytest.raises(ValueError, match="need "):
        toy(value)  # type: ignore[operator]
