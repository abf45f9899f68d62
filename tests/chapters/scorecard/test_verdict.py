"""The rule at its borders, on numbers worked out by hand."""

import pytest

from robustlib.chapters.scorecard.verdict import AGREES, DIFFERS, DIFFERS_TOY, REPRODUCED, scaled, verdict, worst

FULL = {"epochs": 10, "paper_epochs": 10}


@pytest.mark.parametrize(
    ("printed", "low", "high", "wanted"),
    [
        (0.95, 0.94, 0.96, REPRODUCED),  # inside
        (0.93, 0.94, 0.96, REPRODUCED),  # one point below
        (0.97, 0.94, 0.96, REPRODUCED),  # one point above
        (0.9299, 0.94, 0.96, DIFFERS),  # just out, below
        (0.9701, 0.94, 0.96, DIFFERS),  # just out, above
        (0.0, 0.0, 0.0, REPRODUCED),
        (1.0, 0.3, 0.4, DIFFERS),
    ],
)
def test_a_share_has_one_point_at_either_end(printed, low, high, wanted):
    assert verdict(printed, low, high, **FULL) == wanted


@pytest.mark.parametrize(
    ("printed", "wanted"),
    [(18.0, REPRODUCED), (17.99, DIFFERS), (33.0, REPRODUCED), (33.01, DIFFERS), (25.0, REPRODUCED)],
)
def test_a_distance_has_a_tenth_of_each_end(printed, wanted):
    """20 - 2 = 18 and 30 + 3 = 33."""
    assert verdict(printed, 20.0, 30.0, unit="distance", **FULL) == wanted


@pytest.mark.parametrize(
    ("epochs", "smaller", "agrees", "differs"),
    [
        (9, False, AGREES, DIFFERS_TOY),
        (10, False, REPRODUCED, DIFFERS),
        (11, False, REPRODUCED, DIFFERS),
        (10, True, AGREES, DIFFERS_TOY),
        (30, True, AGREES, DIFFERS_TOY),
    ],
)
def test_the_scale_is_that_of_schedule_and_network(epochs, smaller, agrees, differs):
    at = {"epochs": epochs, "paper_epochs": 10, "smaller": smaller}
    assert verdict(0.5, 0.4, 0.6, **at) == agrees
    assert verdict(0.9, 0.4, 0.6, **at) == differs


@pytest.mark.parametrize(
    ("sense", "printed", "wanted"),
    [
        ("below", 0.5, REPRODUCED),  # [0.4, 0.6] keeps to "less than 50 %" in part
        ("below", 0.39, REPRODUCED),  # by the point
        ("below", 0.38, DIFFERS),
        ("below", 0.99, REPRODUCED),
        ("above", 0.61, REPRODUCED),
        ("above", 0.62, DIFFERS),
        ("above", 0.01, REPRODUCED),
    ],
)
def test_a_printed_bound_is_one_sided(sense, printed, wanted):
    assert verdict(printed, 0.4, 0.6, sense=sense, **FULL) == wanted


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"low": None, "high": None, **FULL}, "interval"),
        ({"low": 0.4, "high": None, **FULL}, "interval"),
        ({"low": 0.6, "high": 0.4, **FULL}, "wrong order"),
        ({"low": 0.4, "high": 0.6, "epochs": None, "paper_epochs": 10}, "schedules"),
        ({"low": 0.4, "high": 0.6, "epochs": 10, "paper_epochs": None}, "schedules"),
    ],
)
def test_nothing_is_judged_without_interval_and_schedule(given, words):
    with pytest.raises(ValueError, match=words):
        verdict(0.5, **given)


def test_of_several_the_worst_counts():
    assert worst([REPRODUCED, AGREES, REPRODUCED]) == AGREES
    assert worst([AGREES, DIFFERS_TOY]) == DIFFERS_TOY and worst([REPRODUCED, DIFFERS]) == DIFFERS
    assert worst([REPRODUCED]) == REPRODUCED
    with pytest.raises(ValueError, match="nothing"):
        worst([])


def test_agreement_and_scale_make_four_words():
    words = [scaled(agrees, toy=toy) for agrees in (True, False) for toy in (False, True)]
    assert words == [REPRODUCED, AGREES, DIFFERS, DIFFERS_TOY]
