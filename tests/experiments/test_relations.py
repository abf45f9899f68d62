"""Every relation of words holds where its table in `holds` says so, and fails just beyond."""

import re

import pytest

from robustlib.evaluation import Cell
from robustlib.experiments import Row, holds
from robustlib.experiments.relations import COMPARED, FACTORS, PLAIN, SAME, TRENDS, relation


def share(value: float, low: float | None = None, high: float | None = None, **columns) -> Row:
    """A robust accuracy, by default without an interval."""
    return Row("accuracy", value, 100, low, high, attack="PGD", network="net", **columns)


B = share(0.5, 0.4, 0.6)
CASES = [  # words, what just holds beside B, what just does not
    ("more than", share(0.7, 0.61, 0.8), share(0.7, 0.6, 0.8)),
    ("higher than", share(0.7, 0.61, 0.8), share(0.7, 0.6, 0.8)),
    ("above", share(0.7, 0.61, 0.8), share(0.7, 0.6, 0.8)),
    ("less than", share(0.3, 0.2, 0.39), share(0.3, 0.2, 0.4)),
    ("fewer than", share(0.3, 0.2, 0.39), share(0.3, 0.2, 0.4)),
    ("lower than", share(0.3, 0.2, 0.39), share(0.3, 0.2, 0.4)),
    ("below", share(0.3, 0.2, 0.39), share(0.3, 0.2, 0.4)),
    ("at least", share(0.7, 0.6, 0.8), share(0.7, 0.59, 0.8)),
    ("at most", share(0.3, 0.2, 0.4), share(0.3, 0.2, 0.41)),
    ("no more than", share(0.7, 0.6, 0.8), share(0.7, 0.61, 0.8)),
    ("no less than", share(0.3, 0.2, 0.4), share(0.3, 0.2, 0.39)),
    ("level with", share(0.549, 0.5, 0.6), share(0.551, 0.5, 0.6)),
    ("level with", share(0.459, 0.4, 0.5), share(0.39)),
    ("within a point of", share(0.509), share(0.511)),
    ("within half a point of", share(0.496), share(0.494)),
    ("about half of", share(0.28, 0.25, 0.35), share(0.29, 0.25, 0.35)),
    ("about half of", share(0.22, 0.2, 0.3), share(0.21, 0.2, 0.3)),
    ("about half of", share(0.25, 0.13, 0.49), share(0.25, 0.12, 0.49)),
    ("about half of", share(0.25, 0.13, 0.49), share(0.25, 0.13, 0.51)),
    ("about twice", share(0.9, 0.85, 0.99), share(0.84, 0.83, 0.99)),
    ("more than half of", share(0.4, 0.31, 0.5), share(0.4, 0.3, 0.5)),
    ("less than half of", share(0.15, 0.1, 0.19), share(0.15, 0.1, 0.2)),
    ("at most a fifth of", share(0.05, 0.01, 0.08), share(0.05, 0.01, 0.09)),
    ("at least half of", share(0.4, 0.3, 0.5), share(0.4, 0.29, 0.5)),
    ("most of", share(0.4, 0.31, 0.5), share(0.4, 0.3, 0.5)),
    ("nearly all of", share(0.7, 0.54, 0.8), share(0.7, 0.53, 0.8)),
    ("hardly any of", share(0.02, 0.01, 0.04), share(0.02, 0.01, 0.05)),
    ("none", share(0.0, 0.0, 0.1), share(0.01, 0.0, 0.1)),
]


@pytest.mark.parametrize(("words", "yes", "no"), CASES, ids=[f"{i}-{case[0]}" for i, case in enumerate(CASES)])
def test_a_relation_holds_up_to_its_border_and_not_beyond(words: str, yes: Row, no: Row) -> None:
    holds(words, yes, B)
    holds(words[0].upper() + words[1:], yes, B)
    with pytest.raises(AssertionError, match=re.escape(words)):
        holds(words, no, B)


def test_level_with_needs_intervals_that_meet_where_both_have_one() -> None:
    half, near = Row("accuracy", 0.5, 10, 0.49, 0.51), share(0.52, 0.515, 0.53)
    holds("level with", share(0.52), half)
    with pytest.raises(AssertionError):
        holds("level with", near, half)


def test_no_words_are_left_out_here_and_the_docstring_names_all() -> None:
    stems = {words.removesuffix(" of") for words, *_ in CASES}
    assert {*PLAIN, *SAME, *COMPARED} - {"about"} <= stems
    for words in (*PLAIN, *SAME, *TRENDS, *(c for c in COMPARED if c != "about")):
        assert words in str(holds.__doc__), words


@pytest.mark.parametrize(
    ("words", "yes", "no"),
    [
        ("nearly all", share(0.95, 0.9, 0.99), share(0.95, 0.89, 0.99)),
        ("hardly any", share(0.05, 0.01, 0.1), share(0.05, 0.01, 0.11)),
        ("most", share(0.6, 0.51, 0.7), share(0.6, 0.5, 0.7)),
        ("about half", share(0.57, 0.5, 0.6), share(0.58, 0.5, 0.6)),
        ("about one in five", share(0.18, 0.15, 0.25), share(0.16, 0.15, 0.25)),
        ("more than nine in ten", share(0.95, 0.91, 0.99), share(0.95, 0.9, 0.99)),
        ("none", share(0.0), share(0.002)),
    ],
)
def test_a_share_alone_is_one_of_all_images(words: str, yes: Row, no: Row) -> None:
    holds(words, yes)
    with pytest.raises(AssertionError, match="all images"):
        holds(words, no)


def test_numbers_that_are_no_shares() -> None:
    width, wider = Row("distance between classes", 40.0, 10), Row("distance between classes", 161.5, 10)
    holds("about four times", wider, width)
    holds("more than three times", wider, width)
    holds("level with", Cell("a", "b", ours=100.0, low=90, high=110), 96)
    with pytest.raises(AssertionError):
        holds("level with", Cell("a", "b", ours=100.0, low=90, high=110), 94)


def test_lists_are_taken_pair_by_pair_or_each_with_one() -> None:
    low, high = share(0.1, 0.05, 0.15), share(0.8, 0.7, 0.9)
    holds("less than", [low, B], [B, high])
    holds("less than", {"a": low, "b": B}, high)
    holds("more than", high, [low, B])
    with pytest.raises(AssertionError, match="50.0"):
        holds("less than", [low, B], B)
    with pytest.raises(ValueError, match="2 and 3 numbers"):
        holds("less than", [low, B], [B, B, high])


def test_a_list_rises_or_falls() -> None:
    steps = [share(0.1, 0.05, 0.2), share(0.1, 0.05, 0.2), share(0.3, 0.21, 0.4)]
    holds("rises", steps)
    holds("falls", steps[::-1])
    for words, wrong in (("falls", steps), ("rises", steps[:2]), ("rises", [steps[0], steps[2], steps[1]])):
        with pytest.raises(AssertionError, match=words):
            holds(words, wrong)
    for wrong_call in (([steps[0]],), (steps, B)):
        with pytest.raises(ValueError, match="one list of two"):
            holds("rises", *wrong_call)


def test_the_complaint_says_words_rows_numbers_and_meaning() -> None:
    kept = Row("accuracy", 0.106, 500, 0.082, 0.136, attack="margin PGD", eps=0.1, network="r1")
    with pytest.raises(AssertionError) as caught:
        holds("about half of", kept, B)
    said = str(caught.value).replace("\u00a0", " ")
    for part in ("about half of", "accuracy margin PGD at 0.1 r1: 10.6 % [8.2, 13.6; n = 500]", "PGD net: 50.0 %"):
        assert part in said
    assert "within 15 % of 0.5 b" in said


@pytest.mark.parametrize("words", ["roughly", "about", "of", "", "less", "about a dozen of", "about half of it"])
def test_words_without_a_meaning(words: str) -> None:
    with pytest.raises(ValueError, match="no fixed meaning"):
        relation(words)


def test_rows_that_are_not_there() -> None:
    with pytest.raises(ValueError, match="no such row"):
        holds("more than", None, B)
    with pytest.raises(ValueError, match="b is empty"):
        holds("more than", B, [])
    with pytest.raises(ValueError, match="was not run"):
        holds("more than", Row("accuracy", None, network="net"), B)
    with pytest.raises(ValueError, match="compares two things"):
        holds("more than", B)
    with pytest.raises(ValueError, match="got str"):
        holds("more than", B, "half")
    with pytest.raises(ValueError, match="got bool"):
        holds("more than", B, True)


def test_every_factor_has_its_number() -> None:
    assert FACTORS["a third"] == pytest.approx(1 / 3) and FACTORS["ten times"] == 10 and FACTORS["forty times"] == 40
    for words, factor in FACTORS.items():
        holds(f"about {words}", factor, 1.0)
        with pytest.raises(AssertionError):
            holds(f"about {words}", 1.2 * factor, 1.0)
