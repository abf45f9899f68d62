"""What the chapter draws and says of the five papers' cards, on the cards by hand of the tables' tests."""

import math

from chapters.judging_a_defence.test_tables import DUNDI, MAD, NETWORKS, TABLE1, card, stored  # noqa: F401
from chapters.stored_by_hand import stored_by_hand

from robustlib.chapters.judging_a_defence import paper_cards, tables
from robustlib.experiments.card_rows import PRINTED, SUITE


def test_the_matrix_has_the_papers_own_evaluations_and_1_where_a_check_fails():
    checks, evaluations, values = paper_cards.matrix()
    assert checks == ["reach", "doubled steps", "transfer failure", "lower envelope"]
    found = {name: [row[i] for row in values] for i, name in enumerate(evaluations)}
    dundi, mad = "Cui 2019, figure 6", "Rozenberg 2020, table 1"
    assert list(found) == [dundi, mad], "not the book's attackers"
    assert found[mad][:2] == [0, 1] and math.isnan(found[mad][2]) and found[mad][3] == 1
    assert [math.isnan(v) for v in found[dundi]] == [True, True, False, True] and found[dundi][2] == 1


def test_two_networks_of_one_setting_are_told_apart(monkeypatch):
    files = {(f"rr-{net}-ours", "card", 0): card(PRINTED, 0.3, 7, reach=1.0) for net in ("lenet", "convnet")}
    monkeypatch.setattr(tables, "stored_rows", stored_by_hand(files))
    one, other = paper_cards.matrix()[1]
    assert one.startswith("Fostiropoulos 2020, table 1: LeNet-5") and other.startswith("Fostiropoulos 2020, table 1: ")
    assert one != other


def test_a_paper_passes_where_one_of_its_evaluations_does(monkeypatch):
    assert set(paper_cards.papers()) == {"Rozenberg et al. 2020", "Cui et al. 2019"} and paper_cards.passed() == []
    files = {(MAD, "card", 0): card(PRINTED, 0.1, 7, reach=1.0), (MAD, "own-card", 0): card(SUITE, 0.1, 2, reach=0.0)}
    monkeypatch.setattr(tables, "stored_rows", stored_by_hand(files))
    assert paper_cards.passed() == ["Rozenberg et al. 2020"]


def test_what_the_books_own_attackers_share():
    assert [(j.measurement.of, j.whole.value) for j in paper_cards.own()] == [(DUNDI, 1), (MAD, 0)]
    assert paper_cards.shared() == [f"lower envelope: {NETWORKS[MAD]}"]


def test_an_evaluation_that_leaves_nothing_is_named(monkeypatch):
    assert paper_cards.nothing_left() == [] and paper_cards.left(f"{MAD}-card").value == 0.7
    assert paper_cards.convicted(f"{MAD}-card") == ["doubled steps", "lower envelope"]
    assert paper_cards.left("rr-lenet-ours-card") is paper_cards.convicted("rr-lenet-ours-card") is None
    files = {
        (MAD, "card", 0): card(PRINTED, 0.1, 0, lower_envelope=0.0),
        (MAD, "own-card", 0): card(SUITE, 0.1, 0, lower_envelope=0.0),
        (DUNDI, "card", 0): card(PRINTED, 0.3, 0, reach=1.0),
    }
    monkeypatch.setattr(tables, "stored_rows", stored_by_hand(files))
    assert [j.measurement.of for j in paper_cards.nothing_left()] == [MAD], "of a paper, fails, and nothing is left"


def test_one_card_in_full(monkeypatch):
    name = "rr-lenet-ours-card"
    assert paper_cards.whole(name) is paper_cards.answer(name) is None, "was not run"
    assert paper_cards.answer(f"{MAD}-card") == "no"
    rows = card(PRINTED, 0.1, 7, reach=1.0, doubled_steps=0.0)
    for row in rows[2:4]:
        row.series["verdict"] = "passes" if row.value else "fails"
    monkeypatch.setattr(tables, "stored_rows", stored_by_hand({(MAD, "card", 0): rows}))
    table = paper_cards.whole(f"{MAD}-card")
    assert table.rows == (("reach", "passes", "m"), ("doubled steps", "fails", "m"))
    assert "n = 10 " in table.caption and "eps 0.1" in table.caption and TABLE1 in table.caption


def test_without_cards_nothing_is_drawn(monkeypatch):
    monkeypatch.setattr(tables, "stored_rows", stored_by_hand({}))
    assert paper_cards.matrix() == ([], [], []) and paper_cards.papers() == {}
