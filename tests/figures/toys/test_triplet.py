"""The triplet toy draws what it says."""

import re

import pytest
from matplotlib.figure import Figure

from robustlib.figures import triplet_toy


def test_triplet_toy_says_its_margin_and_zero_loss_after(drawings: list[Figure]) -> None:
    for margin in (0.2, 0.5, 1.2):
        assert f"the loss with margin {margin:g} is 0" in triplet_toy(margin).alt
    losses = [[float(re.sub(r".*loss ", "", ax.get_title())) for ax in drawing.axes] for drawing in drawings]
    assert all(before > 0 and after == 0 for before, after in losses)
    assert losses[0][0] < losses[1][0] < losses[2][0]
    assert losses[0][0] == pytest.approx(1.3**2 + 0.9**2 - 1.0**2 - 0.7**2 + 0.2, abs=0.051)  # squared distances


@pytest.mark.parametrize("margin", [0.0, 5.0])
def test_margins_that_would_leave_the_picture(margin: float) -> None:
    with pytest.raises(ValueError, match="need 0 < margin <= 1.2"):
        triplet_toy(margin)
