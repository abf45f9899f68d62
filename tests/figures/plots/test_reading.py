"""Three forms of a reading, and what is none."""

import pytest
import torch

from robustlib.evaluation import Outcome
from robustlib.figures import Reading, reading


def outcome(right: int, n: int) -> Outcome:
    return Outcome(torch.arange(n) < right, torch.zeros(n), torch.zeros(n), 0.0)


def test_three_forms_of_a_reading() -> None:
    wanted = Reading(0.5, *outcome(5, 10).interval)
    assert reading(outcome(5, 10)) == wanted
    assert reading({"accuracy": 0.5, "low": wanted.low, "high": wanted.high, "n": 10}) == wanted
    assert reading(tuple(wanted)) == wanted


@pytest.mark.parametrize("wrong", [(99.0, 98.0, 100.0), (0.5, 0.6, 0.7), (0.5, 0.4, 0.45)])
def test_percentages_and_crossed_intervals_are_refused(wrong: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="0 <= low <= share <= high <= 1"):
        reading(wrong)
