"""Rows: found by their columns, refused where they cannot be true, and the same after writing and reading."""

import json
from dataclasses import fields, replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from robustlib.evaluation import Outcome, wilson
from robustlib.experiments.rows import (
    NAMES,
    OF_THE_FILE,
    SHARES,
    Row,
    accuracy_row,
    maybe,
    one,
    pack,
    read,
    renamed,
    select,
    unpack,
    written,
)

CLEAN = Row("accuracy", 0.9, 10, 0.6, 0.98)
FGSM = Row("accuracy", 0.5, 10, 0.2, 0.8, attack="FGSM", norm="Linf", eps=0.3, steps=1)
PGD = Row("accuracy", 0.1, 10, 0.0, 0.4, attack="PGD", norm="Linf", eps=0.1, steps=40)
SECONDS = Row("seconds", 2.5, attack="PGD")
ROWS = [CLEAN, FGSM, PGD, SECONDS]


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({}, ROWS),
        ({"attack": "PGD"}, [PGD, SECONDS]),
        ({"attack": "PGD", "metric": "accuracy"}, [PGD]),
        ({"attack": ("PGD", "FGSM"), "metric": "accuracy"}, [FGSM, PGD]),
        ({"attack": {"FGSM"}}, [FGSM]),
        ({"eps": 0.1 + 0.2}, [FGSM]),
        ({"eps": [0.1, 0.3]}, [FGSM, PGD]),
        ({"eps": None, "metric": "accuracy"}, [CLEAN]),
        ({"attack": "pgd"}, []),
        ({"attack": "PG"}, []),
        ({"steps": 40.0}, [PGD]),
        ({"eps": 0.3001}, []),
    ],
    ids=str,
)
def test_select_takes_the_rows_of_these_columns_in_their_order(columns, found):
    assert select(ROWS, **columns) == found
    assert select(iter(ROWS), **columns) == found


@pytest.mark.parametrize("find", [select, one, maybe])
def test_an_unknown_column_is_refused_even_where_there_is_no_row(find):
    with pytest.raises(ValueError, match="no column 'epsilon'; a row has metric, value"):
        find([], epsilon=0.3)


def test_one_is_exactly_one_and_maybe_at_most():
    assert one(ROWS, attack="FGSM") is FGSM is maybe(ROWS, attack="FGSM")
    assert maybe(ROWS, attack="BIM") is None
    with pytest.raises(LookupError, match=r"0 rows have \{'attack': 'BIM'\}, one is wanted"):
        one(ROWS, attack="BIM")
    for find in (one, maybe):
        with pytest.raises(LookupError, match="2 rows have .*one is wanted: .*PGD"):
            find(ROWS, attack="PGD")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"low": 0.6}, "outside its interval"),
        ({"high": 0.4}, "outside its interval"),
        ({"low": 0.8, "high": 0.2}, "outside its interval"),
        ({"value": None, "low": 0.8, "high": 0.2}, "outside its interval"),
        ({"low": None}, "an interval has two ends, got low=None, high=0.8 of accuracy FGSM at 0.3"),
        ({"high": None}, "an interval has two ends"),
        ({"value": float("nan")}, "must be finite"),
        ({"metric": "seconds", "value": float("inf"), "low": None, "high": None}, "must be finite"),
    ],
    ids=str,
)
def test_an_interval_that_does_not_hold_its_value_is_refused(columns, said):
    with pytest.raises(ValueError, match=said):
        replace(FGSM, **columns)


@pytest.mark.parametrize("metric", SHARES)
@pytest.mark.parametrize("value", [-0.01, 1.01, 50.0])
def test_a_share_outside_0_and_1_is_refused(metric, value):
    with pytest.raises(ValueError, match=r"is a share and must lie in \[0, 1\]"):
        Row(metric, value)
    with pytest.raises(ValueError, match="is a share"):
        Row(metric, 0.5, 10, -0.1, 1.0)
    Row("distance", abs(value) + 1)  # what is none may be larger


def test_the_interval_of_a_whole_share_may_lie_a_hair_beside_it():
    Row("accuracy", 1.0, 10, 0.7, 1 - 1e-12)


VALUES = {str: "words", str | None: "words", int | None: 7, float | None: 0.25}


def test_every_column_comes_back_as_it_was_written():
    full = {f.name: VALUES.get(f.type, {"curve": [0.5, None]}) for f in fields(Row)} | {"metric": "accuracy"}
    full |= {"low": 0.125, "high": 0.5, "bits": "gA=="}
    row = Row(**full)
    assert set(full) == set(NAMES) and None not in full.values()
    record = json.loads(json.dumps(written(row)))
    assert not set(record) & {*OF_THE_FILE, "reported"}
    of_the_file = {name: full[name] for name in OF_THE_FILE}
    assert read(record, **of_the_file) == replace(row, reported=None)


def test_what_is_absent_is_not_written_but_a_value_always_is():
    assert written(Row("AUC", None, 0)) == {"metric": "AUC", "value": None, "n": 0}
    assert written(Row("accuracy", 0.0)) == {"metric": "accuracy", "value": 0.0}
    assert read({"metric": "AUC", "value": None, "n": 0}) == Row("AUC", None, 0)


def test_a_record_with_an_unknown_column_is_refused():
    with pytest.raises(ValueError, match="a row has no column 'acuracy'"):
        read({"metric": "accuracy", "value": 0.5, "acuracy": 0.5})


def test_an_outcome_as_a_row():
    correct = torch.tensor([1, 1, 0, 1, 0, 1, 1, 1, 0, 1], dtype=torch.bool)
    found = accuracy_row(Outcome(correct, torch.linspace(0, 0.3, 10), torch.linspace(0, 4.5, 10), 1.26), attack="PGD")
    low, high = wilson(7, 10)
    expected = Row("accuracy", 0.7, 10, low, high, attack="PGD", largest_linf=0.3, mean_l2=2.25, seconds=1.3)
    assert replace(found, bits="") == expected and found.draws is None
    assert unpack(found.bits, 10).tolist() == correct.tolist()
    assert accuracy_row(Outcome(correct, *[torch.zeros(10)] * 2, 0.0, draws=1)).draws == 1


@given(st.lists(st.booleans(), max_size=70))
def test_bits_survive_packing(bits):
    packed = pack(torch.tensor(bits, dtype=torch.bool))
    assert unpack(packed, len(bits)).tolist() == bits
    assert len(packed) <= 4 * (len(bits) // 8 + 3) / 3 + 3


def test_renamed_rows_differ_in_that_column_only():
    assert renamed(ROWS, source="other")[1] == replace(FGSM, source="other")
