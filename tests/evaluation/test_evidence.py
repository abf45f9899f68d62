"""Evidence says what a number rests on, and refuses what is no share."""

import pytest

from robustlib.evaluation import Evidence
from robustlib.evaluation.evidence import shown_eps


def test_evidence_in_words() -> None:
    one = Evidence(0.055, 0.031, 0.096, 200, "margin PGD", "L-infinity", 0.1, 1, "10 of 10 epochs")
    assert one.percent == "5.5 % [3.1, 9.6]"
    assert one.rests_on == "L-infinity, eps = 0.1, n = 200 images, 1 seed, 10 of 10 epochs, 95 % Wilson interval"
    several = Evidence(0.5, 0.4, 0.6, 1, seeds=3)
    assert several.rests_on == "n = 1 image, 3 seeds, from the least seed to the most"


@pytest.mark.parametrize(
    ("eps", "said"), [(8 / 255, "8/255"), (0.1, "0.1"), (0.2, "0.2"), (1.0, "1"), (0.0, "0"), (2, "2")]
)
def test_a_radius_as_the_field_writes_it(eps: float, said: str) -> None:
    assert shown_eps(eps) == said


@pytest.mark.parametrize(
    ("numbers", "said"),
    [((5.5, 3.1, 9.6, 200), "a percentage is divided by 100"), ((0.5, 0.6, 0.7, 200), "0 <= low <= value"),
     ((0.5, 0.4, 0.6, 0), "an image and a seed"), ((0.5, -0.1, 0.6, 5), "0 <= low")],
)  # fmt: skip
def test_what_is_no_share(numbers: tuple[float, float, float, int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Evidence(*numbers)
