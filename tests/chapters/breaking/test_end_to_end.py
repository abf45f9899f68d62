"""The stored results: every defence has the rows that the page draws and says, and every link leads to a chapter."""

import math
from pathlib import Path

import pytest

from robustlib.chapters.breaking import cards, readings, tables
from robustlib.chapters.breaking.defences import DEFENCES

BOOK = Path(__file__).resolve().parents[3] / "book"


@pytest.mark.parametrize("key", DEFENCES)
def test_every_defence_and_its_control_were_measured(key):
    of = DEFENCES[key]
    for side in (False, True):
        first, last = readings.own(key, control=side), readings.strongest(key, control=side)
        assert first is not None and last is not None and first.n and last.n
        assert last.value <= first.value + 1e-9, "the strongest attacks leave no more than the paper's own"
    assert readings.own(key).reported is not None, "a number that the paper prints"
    assert (BOOK / "synthesis" / of.page).is_file() and readings.schedule(key) != "not run"
    for eps in of.smaller:
        assert all(row is not None and row.n >= 100 for row in readings.both(key, eps))


def test_both_sides_of_a_comparison_rest_on_the_same_images():
    for key, of in DEFENCES.items():
        if of.eps is not None:
            defence, control = readings.both(key, of.eps)
            assert defence.n == control.n, key
            assert readings.alone(key, of.eps).value <= defence.value


def test_the_bound_of_every_digit_is_a_number():
    bound, found = readings.bound_and_found()
    assert len(bound) == len(found) == readings.bound().n and all(map(math.isfinite, (*bound, *found)))
    holds = sum(f >= b for b, f in zip(bound, found, strict=True)) / len(found)
    assert holds == pytest.approx(readings.bound().value, abs=0.02)


def test_every_card_of_a_chapter_is_in_the_table_and_has_a_name():
    networks = {j.network for j in cards.judged()}
    assert networks == set(cards.LABELS), "name the new one in LABELS"
    assert len(tables.report_cards().rows) == len(cards.judged())
    assert all(list(table.header)[-1] == "fails for" for table in cards.check_by_check().values())
