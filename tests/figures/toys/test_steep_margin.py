"""The toy of the chapter on MadNet draws what it says."""

import pytest
import torch
from matplotlib.figure import Figure

from robustlib.figures import margin_toy
from robustlib.figures.toys.steep_margin import BORDER, LEFT, crossing


@pytest.mark.parametrize("steep", [0.0, 5.0])
def test_the_shortest_step_ends_on_the_border_and_a_shorter_one_before_it(steep: float) -> None:
    direction = torch.nn.functional.normalize(torch.tensor([1.0, steep]), dim=0)
    for share, over in ((0.99, False), (1.01, True)):
        first, second = torch.tensor([LEFT[-1], 0.5]) + share * crossing(steep) * direction
        assert (first + steep * (second - 0.5) > BORDER) == over


def test_margin_toy_says_both_steps(drawings: list[Figure]) -> None:
    alt = margin_toy(5.0).alt
    assert "a step of 0.25 crosses the first border, and a step of 0.05 the second" in alt
    titles = [ax.get_title() for ax in drawings[0].axes]
    assert titles == ["a gentle network\nJacobian 1.0, step 0.25", "a steep network\nJacobian 5.1, step 0.05", ""]


@pytest.mark.parametrize("steep", [0.5, 20.0])
def test_steps_that_could_not_be_seen(steep: float) -> None:
    with pytest.raises(ValueError, match="need 1 <= steep <= 8"):
        margin_toy(steep)
