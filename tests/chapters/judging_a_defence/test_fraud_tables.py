"""What tables and matrix say of rows by hand, and whether the stored cards keep to the list fixed beforehand."""

import math
import tomllib
from pathlib import Path

import pytest
from chapters.stored_by_hand import of_ten, stored_by_hand

from robustlib.chapters.judging_a_defence import fraud_tables, readings
from robustlib.chapters.judging_a_defence.frauds import DETECTOR, FRAUDS, TRAINED, UNDEFENDED

LIST = Path(__file__).parents[2] / "evaluation" / "fraud_matrix.toml"
AT = {"norm": "Linf", "eps": 0.3}


def card(name, *verdicts, right=8):
    checks = [{"name": n, "verdict": v, "measured": "measured"} for n, v in zip("abc", verdicts, strict=True)]
    return of_ten(right, attack="the evaluation", defense=name, series={"checks": checks}, **AT)


@pytest.fixture
def by_hand(monkeypatch):
    short = "step too small"
    plain = [of_ten(9, defense=short), of_ten(7, defense=short, attack="PGD", **AT)]
    plain += [of_ten(8, defense=short, attack="PGD", norm="Linf", eps=0.1), of_ten(9)]
    plain += [of_ten(2, defense=short, attack="PGD that reaches", **AT), of_ten(3, attack=readings.HONEST, **AT)]
    cards = [card(short, "fails", "passes", "cannot be judged"), card(short, "fails", "fails", "cannot be judged")]
    cards += [card(UNDEFENDED, "passes", "passes", "fails"), card(UNDEFENDED, "passes", "passes", "passes", right=6)]
    files = {(readings.PLAIN, "frauds", 0): plain, (readings.PLAIN, "fraud-cards", 0): cards}
    files[readings.ROBUST, "frauds", 0] = [of_ten(10), of_ten(5, attack=readings.HONEST, **AT)]
    monkeypatch.setattr(readings, "stored_rows", stored_by_hand(files))


@pytest.mark.usefixtures("by_hand")
def test_before_and_after():
    table = fraud_tables.before_and_after()
    assert table.rows == ["step too small (PGD that reaches)"], "what was not run has no line"
    found = {column: table[table.rows[0], column].ours for column in table.columns}
    assert found == {"clean": 90, "fooled attack": 70, "knowing attack": 20}
    assert "first 10 official" in table.caption and "eps 0.3" in table.caption


@pytest.mark.usefixtures("by_hand")
def test_readings_of_one_fraud_and_of_the_honest():
    assert readings.knowing("step too small").value == 0.2 and readings.under("quantised input") is None
    assert {eps: row.value for eps, row in readings.curve("step too small").items()} == {0.0: 0.9, 0.1: 0.8, 0.3: 0.7}
    assert readings.curve("quantised input") == {}
    assert readings.under(UNDEFENDED, readings.HONEST).value == 0.3
    assert readings.under(TRAINED, readings.HONEST).value == 0.5 and readings.clean(TRAINED).value == 1


@pytest.mark.usefixtures("by_hand")
def test_the_matrix_counts_convictions():
    checks, names, counts = readings.matrix()
    assert (checks, names) == (list("abc"), ["step too small", UNDEFENDED])
    assert counts[:2] == [[2, 0], [1, 0]] and math.isnan(counts[2][0]) and counts[2][1] == 1
    assert readings.convicts_always("step too small") == ["a"] and readings.convicts_always(UNDEFENDED) == []
    assert readings.convicts_always(DETECTOR) == [], "no card, no conviction"
    rows = fraud_tables.convicted().rows
    assert rows == (("step too small", "80.0 %", "2 of 2", "a"), (UNDEFENDED, "70.0 %", "1 of 2", "none"))
    first, second = readings.cards(UNDEFENDED)
    assert readings.convicted_by(first) == ["c (measured)"] and readings.convicted_by(second) == []


# Where the cards of 50 digits and 100 passes are otherwise than the list, which was made for 16 digits and 40 passes:
# on one set doubled steps break 2 of 50 digits more, where one is allowed. The chapter says so.
OTHERWISE = {("trained on PGD", "doubled steps"): {2}}
KEYS = {name: name.replace(" ", "-") for name in (*FRAUDS, DETECTOR)}
KEYS |= {UNDEFENDED: "honest-undefended", TRAINED: "honest-pgd-trained"}


@pytest.mark.parametrize("name", KEYS)
def test_the_stored_cards_keep_to_the_list_that_was_fixed_beforehand(name):
    line = tomllib.loads(LIST.read_text())[KEYS[name]]
    found = readings.verdicts(name)
    assert {len(said) for said in found.values()} == {3} and len(found) == 19
    must, may = (set(line[kind]) - {check for of, check in OTHERWISE if of == name} for kind in ("must", "may"))
    for k in range(3):
        fired = {check for check, said in found.items() if said[k] == "fails"}
        otherwise = {check for (of, check), sets in OTHERWISE.items() if of == name and k in sets}
        assert must | otherwise <= fired <= must | may | otherwise, k
        assert not line.get("one_of") or fired & set(line["one_of"]), k
