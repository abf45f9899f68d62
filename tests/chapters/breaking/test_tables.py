"""The tables from ten images by hand, with the numbers and words that must be printed."""

import pytest
from chapters.breaking.by_hand import CARDS, DUNDI, FILES, MAD, card, fate
from chapters.stored_by_hand import stored_by_hand

from robustlib.chapters.breaking import cards, readings, tables
from robustlib.chapters.breaking.defences import DEFENCES
from robustlib.experiments.card_rows import PRINTED


@pytest.fixture(autouse=True)
def stored(monkeypatch):
    monkeypatch.setattr(readings, "stored_rows", stored_by_hand(FILES))
    monkeypatch.setattr(cards, "stored_rows", stored_by_hand(CARDS))


def numbers(table, row):
    return [table[row, column].ours for column in table.columns]


def test_each_defence_falls_from_its_papers_attack_to_the_strongest_and_its_control_stands_below():
    table = tables.falls()
    assert list(table.columns) == ["the paper's own attack", "the strongest attacks"]
    assert numbers(table, "MadNet") == pytest.approx([90, 30])
    assert numbers(table, "MadNet: cross-entropy") == pytest.approx([10, 10])
    assert numbers(table, "DunDi") == pytest.approx([80, 10])
    assert table["DunDi", tables.THEIRS].paper == pytest.approx(98.07)
    assert numbers(table, "DunDi: LeNet-1 with softmax") == pytest.approx([90, 30])
    assert numbers(table, "AT²L") == [None, None], "not run"
    assert list(table.rows)[::2] == [of.label for of in DEFENCES.values()]
    assert "L-infinity, eps 0.1: MadNet" in table.caption and "MadNet 10 and 10" in table.caption
    assert "eps 0.3 or 0.1, or L2" in tables.in_short() and "n = 10 to 10, seed 0" in tables.in_short()


def test_smaller_radii_have_the_same_attackers_on_both_sides():
    table = tables.smaller_radii()
    assert numbers(table, "MadNet, eps 0.1") == pytest.approx([30, 10]) and "n = 10" in table.caption
    assert numbers(table, "DunDi, eps 0.1") == [None, None]


def test_the_ladder_has_static_attacks_first_and_no_printed_number(monkeypatch):
    of = DEFENCES["at2l"]
    rows = {
        (of.defended.network, "known", 0): [
            fate("1" * 9 + "0", "FGSM", 0.3, source="at2l-mnist-a"), fate("1" * 6 + "0000", "FGSM", 0.3),
        ],
        (of.defended.network, "adaptive", 0): [fate("1" + "0" * 9, "margin PGD", 0.3)],
        (of.control.network, "known", 0): [fate("1" * 3 + "0" * 7, "FGSM", 0.3)],
    }  # fmt: skip
    monkeypatch.setattr(readings, "stored_rows", stored_by_hand(rows))
    table = tables.ladder()
    assert numbers(table, "FGSM, made before") == [pytest.approx(90), None]
    assert numbers(table, "FGSM") == pytest.approx([60, 30])
    assert numbers(table, "margin PGD") == [pytest.approx(10), None]
    assert all(cell.paper is None for cell in table.cells)


def test_every_planned_card_has_a_line_and_says_whether_it_would_have_passed():
    lines = {row[:2]: row[2:] for row in tables.report_cards().rows}
    assert lines["MadNet", "Rozenberg 2020, table 1"] == ("no", "doubled steps; lower envelope", "1 of 3", "0.1", "10")
    assert lines["MadNet", "our attackers"] == ("no", "lower envelope", "2 of 3", "0.1", "10")
    assert lines["DunDi", "Cui 2019, figure 6"] == ("yes", "none", "1 of 2", "0.3", "10")
    assert lines["AT²L", "our attackers"] == ("not run", "", "", "", "")
    names = [row[0] for row in tables.report_cards().rows]
    assert all(names.index(n) + names.count(n) > i for i, n in enumerate(names)), "cards of a network stand together"


def test_check_by_check_says_for_whom_it_fails():
    found = cards.check_by_check()
    assert list(found) == ["DunDi", "MadNet"]
    mad = {row[0]: row[1:] for row in found["MadNet"].rows}
    assert mad == {
        "reach": ("passes", "not asked", "passes", "neither"),
        "doubled steps": ("fails", "not asked", "passes", "the paper's alone"),
        "lower envelope": ("fails", "not asked", "fails", "both"),
    } or mad == {
        "reach": ("passes", "passes", "neither"),
        "doubled steps": ("fails", "passes", "the paper's alone"),
        "lower envelope": ("fails", "fails", "both"),
    }
    dundi = {row[0]: row[-1] for row in found["DunDi"].rows}
    assert dundi == {"reach": "neither", "noise floor": "ours alone", "transfer failure": "neither"}


def test_who_fails_in_one_word():
    assert cards.who_fails(["fails", "passes"], "fails") == "both"
    assert cards.who_fails(["cannot be judged"], "cannot be judged") == "not to be judged"
    assert cards.who_fails(["cannot be judged"], "fails") == "ours alone"


def test_counts_over_all_cards(monkeypatch):
    assert [(j.network, j.passed) for j in cards.of_papers()] == [(DUNDI, True), (MAD, False)]
    assert [(j.network, j.passed) for j in cards.of_ours()] == [(DUNDI, False), (MAD, False)]
    assert cards.most_frequent() == [("doubled steps", 1), ("lower envelope", 1)]
    assert [row.value for row in cards.left(cards.of_papers())] == [0.5, 0.7]
    open_card = {(MAD, "card", 0): card(PRINTED, 0.1, 7, reach=None)}
    monkeypatch.setattr(cards, "stored_rows", stored_by_hand(open_card))
    assert [j.passed for j in cards.of_papers()] == [None] and cards.of_ours() == []


def test_without_results_the_tables_still_print(monkeypatch):
    for module in (readings, cards):
        monkeypatch.setattr(module, "stored_rows", stored_by_hand({}))
    for make in (tables.falls, tables.smaller_radii, tables.ladder, tables.report_cards):
        assert str(make())
    assert cards.check_by_check() == {} and cards.of_papers() == []
