"""Printed numbers: read by rules, joined with our rows, and every mistake in a rule named."""

import json
import sys
from dataclasses import replace

import pytest

from robustlib.experiments.printed import (
    Reported,
    awaited,
    for_files,
    join,
    lacking,
    papers,
    reported,
    without_counterpart,
)
from robustlib.experiments.rows import OF_THE_FILE, Row

MODULE = sys.modules["robustlib.experiments.printed"]  # the name in the package is the function
CSV = "data,attack,eps_text,value\nMNIST,FGSM,0.3,12.5\nMNIST,PGD,0.3,40\nMNIST,clean,,99\nMNIST,BIM,0.3,\n"
RULE = {"table": "t1", "where": {"attack": ["FGSM", "PGD"]}, "scale": 0.01,
        "ours": {"metric": "accuracy", "dataset": "$data", "attack": "$attack", "eps": "$eps_text"}}  # fmt: skip
ROW = Row("accuracy", 0.5, 10, 0.2, 0.8, attack="FGSM", eps=0.3, dataset="mnist")


@pytest.fixture
def rules(tmp_path, monkeypatch):
    """Write the mapping of a toy paper, and read it."""
    monkeypatch.setattr(MODULE, "_folder", lambda: tmp_path)
    (tmp_path / "toy_t1.csv").write_text(CSV)

    def write(*rules, **others):
        (tmp_path / "toy.json").write_text(json.dumps({"names": {"MNIST": "mnist"}, "rules": rules} | others))
        reported.cache_clear()
        for_files.cache_clear()
        return reported("toy")

    yield write
    reported.cache_clear()
    for_files.cache_clear()


def test_a_rule_gives_every_line_it_is_for(rules):
    columns = {"metric": "accuracy", "dataset": "mnist", "eps": 0.3}
    expected = (Reported("toy", "t1", 1, columns | {"attack": "FGSM"}, 0.125),
                Reported("toy", "t1", 2, columns | {"attack": "PGD"}, 0.4))  # fmt: skip
    assert rules(RULE) == expected
    assert papers() == ["toy"]


def test_offset_and_scale_turn_an_error_in_per_cent_into_an_accuracy(rules):
    (clean,) = rules({"table": "t1", "where": {"attack": "clean"}, "offset": 1, "scale": -0.01,
                      "ours": {"metric": "accuracy", "attack": ""}})  # fmt: skip
    assert clean.value == pytest.approx(0.01)


def test_a_line_without_a_number_and_a_table_without_a_row_of_ours(rules):
    assert rules(RULE | {"where": {"attack": "BIM"}}) == ()
    rules(without={"t1:4": "not measured"})
    assert without_counterpart("toy") == {"t1:4": "not measured"}


def test_the_number_stands_beside_every_row_it_belongs_to_and_no_other(rules):
    rows = [ROW, replace(ROW, seed=1), replace(ROW, attack="PGD"), replace(ROW, eps=0.1), replace(ROW, attack="DDN")]
    found = join(rows, rules(RULE))
    assert [row.reported for row in found] == [0.125, 0.125, 0.4, None, None]
    assert [replace(row, reported=None) for row in found] == rows
    assert join(iter(rows), rules(RULE)) == found


def test_a_printed_number_beside_none_of_our_rows_is_told(rules):
    assert [number.line for number in lacking([ROW], rules(RULE))] == [2]


def test_what_stands_beside_the_rules_is_said_of_every_rule(rules):
    """Two papers train one architecture in one way: each has its own networks."""
    ours, theirs = replace(ROW, network="a"), replace(ROW, network="b")
    found = rules(RULE, ours={"network": ["a", "c"], "dataset": "never: a rule's own word goes before"})
    assert [row.reported for row in join([ours, theirs], found)] == [0.125, None]
    assert [n.columns["dataset"] for n in found] == ["mnist", "mnist"]


def test_two_numbers_for_one_row_are_refused_and_the_same_number_twice_is_not(rules):
    twice = RULE | {"where": {"attack": "FGSM"}, "ours": RULE["ours"] | {"attack": "FGSM"}}
    assert join([ROW], rules(RULE, twice))[0].reported == 0.125
    with pytest.raises(ValueError, match=r"two printed numbers, 0\.125 and 0\.25, for accuracy FGSM at 0\.3"):
        join([ROW], rules(RULE, twice | {"scale": 0.02}))


def test_a_row_that_is_awaited_has_the_number_and_no_value(rules):
    rules(RULE)
    assert awaited("toy", metric="accuracy", attack="PGD") == Row("accuracy", None, reported=0.4)
    assert awaited("toy", metric="accuracy", attack="DDN") is None
    with pytest.raises(LookupError, match="2 printed numbers of toy"):
        awaited("toy", metric="accuracy")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"where": {"attack": "JSMA"}}, "no printed line for the rule"),
        ({"where": {"atack": "FGSM"}}, "the printed table has no 'atack'"),
        ({"ours": {"metric": "accuracy", "attack": "$atack"}}, "the printed table has no 'atack'"),
        ({"ours": {"metric": "accuracy", "epsilon": 0.3}}, "a row of ours has no 'epsilon'"),
        ({"scal": 0.01}, "a rule has no 'scal'"),
        ({"ours": {"metric": "accuracy", "eps": "$attack"}}, "could not convert string to float: 'FGSM'"),
        ({"table": "t9"}, "no such printed table; there are .'toy_t1'"),
    ],
    ids=str,
)
def test_a_rule_that_cannot_be_right_is_an_error_that_names_the_file(rules, change, said):
    with pytest.raises(ValueError, match=rf"toy\.json: not a readable mapping of printed numbers .*{said}"):
        rules(RULE | change)


def test_an_unreadable_mapping_names_itself(tmp_path, rules):
    rules(RULE)
    (tmp_path / "toy.json").write_text("{")
    reported.cache_clear()
    for_files.cache_clear()
    with pytest.raises(ValueError, match=r"toy\.json: not a readable mapping"):
        reported("toy")


@pytest.mark.parametrize("paper", papers())
def test_numbers_for_a_file_are_all_the_numbers_once(paper):
    groups = for_files(paper)
    assert sorted(id(n) for _, numbers in groups for n in numbers) == sorted(map(id, reported(paper)))
    for of, numbers in groups:
        assert all({k: v for k, v in n.columns.items() if k in OF_THE_FILE} == of for n in numbers)
