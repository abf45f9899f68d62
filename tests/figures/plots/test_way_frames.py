"""The loss on the way and its slope: what is said of either, and what is refused."""

import pytest

from robustlib.figures import way_frames

WAYS = {"none": ([0.0, 1.0, 17.25], [0.5, 2.0, 3.0]), "stop gradient": ([0.004, 0.5, 250.4], [0.0, 0.0, -1.0])}


def test_each_network_says_its_loss_and_where_its_slope_is_zero() -> None:
    made = way_frames(WAYS, caption="Look.")
    text = repr(made)
    assert "from 0 to 17" in text and "from 0 to 250" in text
    assert "exactly 0 at 0 of 3 points" in text and "exactly 0 at 2 of 3 points" in text
    assert made._repr_html_().count('type="range"') == 1 and "Look. Horizontal" in text


@pytest.mark.parametrize(
    "ways",
    [{}, {"a": ([0.0], [0.0])}, {"a": ([0.0, 1.0], [0.0])}, {"a": ([0.0, float("nan")], [0.0, 1.0])}],
)
def test_curves_that_do_not_fit_are_refused(ways: dict[str, tuple[list[float], list[float]]]) -> None:
    with pytest.raises(ValueError, match="2 points or more"):
        way_frames(ways, caption="Look.")
