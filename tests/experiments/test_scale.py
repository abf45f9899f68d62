"""A sentence beside numbers of another scale: it says that it is wrong there, and does not stop the notebook."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import robustlib
import robustlib.chapters  # noqa: F401 (they join the registry)
from robustlib.chapters.robust_representations import readings
from robustlib.chapters.scorecard.claim import decide
from robustlib.chapters.scorecard.claims import CLAIMS
from robustlib.experiments import Row, holds, run_at, said


@pytest.fixture
def at_full() -> Iterator[None]:
    run_at("full")
    yield
    run_at("book")


def test_at_book_what_does_not_hold_is_an_error() -> None:
    run_at("book")
    with pytest.raises(AssertionError, match='"more than" does not hold'):
        holds("more than", 0.1, 0.2)
    with pytest.raises(AssertionError, match='in the sentence "It is'):
        said("It is {a|more than|b} before.", a=0.1, b=0.2)


def test_at_full_the_sentence_says_so_and_goes_on(at_full: None) -> None:
    found = str(said("It is {a|more than|b} before, {a|about half of|b} it.", a=0.1, b=0.2))
    assert found.startswith('It is more than *(at this scale not so: "more than" does not hold')
    assert found.endswith("before, about half of it.") and found.count("not so") == 1


def test_at_full_a_relation_of_its_own_is_a_warning(at_full: None) -> None:
    with pytest.warns(UserWarning, match='the text is wrong here: "falls" does not hold'):
        holds("falls", [0.1, 0.2])
    holds("rises", [0.1, 0.2])


def test_at_full_what_means_nothing_is_an_error_still(at_full: None) -> None:
    with pytest.raises(ValueError, match="no fixed meaning"):
        holds("somewhat like", 0.1, 0.2)
    with pytest.raises(ValueError, match="no field says it"):
        said("It is {a|more than|b}.", a=0.1, b=0.2, c=0.3)


def test_another_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="no scale 'fulll': book or full"):
        run_at("fulll")


def test_what_decides_by_a_relation_decides_the_same_at_full() -> None:
    """`holds` only warns there: code that asks whether it raises would find every claim of a paper true."""
    decided, less, more = [], Row("accuracy", 0.1, 100, 0.05, 0.15), Row("accuracy", 0.3, 100, 0.2, 0.4)
    for scale in ("book", "full"):
        run_at(scale)
        try:
            verdicts = [(claim.said, decide(claim).verdict, decide(claim).held) for claim in CLAIMS]
            orders = [readings.order(a, b) for a, b in ((less, more), (more, less), (less, less))]
            decided.append((verdicts, orders))
        finally:
            run_at("book")
    assert decided[0] == decided[1] and len({verdict for _, verdict, _ in decided[0][0]}) > 2
    assert decided[0][1] == ["less than", "more than", readings.NOT_APART]


def test_nothing_asks_a_relation_by_catching_its_error() -> None:
    files = Path(robustlib.__file__).parent.rglob("*.py")
    caught = [f.name for f in files if re.search(r"except[^\n]*AssertionError", f.read_text())]
    assert caught == ["sentences.py"], "which raises it again, with the sentence; others ask `broken_relation`"
