"""The tables from cards of ten images that were written by hand, with the words that must be printed."""

import pytest
from chapters.stored_by_hand import of_ten, stored_by_hand

from robustlib.chapters.judging_a_defence import tables
from robustlib.experiments import Row
from robustlib.experiments.card_rows import PRINTED, SUITE, WHOLE

MAD, DUNDI = "madnet-mnist-resnet8-mad", "dundi-mnist-r1"
NETWORKS = {MAD: "ResNet-8 (MAD)", DUNDI: "LeNet-1, DunDi_R1"}
TABLE1, FIGURE6 = "Rozenberg et al. 2020, table 1", "Cui et al. 2019, figure 6"


def card(evaluation, eps, right, **found):
    """The rows of a card: each check with 1, 0 or None, and the whole as they make it."""
    at = {"attack": evaluation, "norm": "Linf", "eps": eps}
    values = {name.replace("_", " "): value for name, value in found.items()}
    names = {"passes": 1.0, "fails": 0.0, "cannot be judged": None}
    series = {word: [n for n, v in values.items() if v == value] for word, value in names.items()}
    series |= {"attacks": ["A: FGSM(eps=0.1)", "B: BIM"], "left out": "JSMA" if eps == 0.3 else ""}
    whole = 0.0 if series["fails"] else 1.0 if series["passes"] else None
    checks = [Row(name, value, 10, series={"measured": "m"}, **at) for name, value in values.items()]
    return [of_ten(9), of_ten(right, **at), *checks, Row(WHOLE, whole, 10, series=series, **at)]


@pytest.fixture(autouse=True)
def stored(monkeypatch):
    files = {
        (MAD, "card", 0): card(PRINTED, 0.1, 7, reach=1.0, doubled_steps=0.0, lower_envelope=0.0),
        (MAD, "own-card", 0): card(SUITE, 0.1, 2, reach=1.0, doubled_steps=1.0, lower_envelope=0.0),
        (DUNDI, "card", 0): card(PRINTED, 0.3, 5, transfer_failure=0.0, reach=None),
        (DUNDI, "own-card", 0): card(SUITE, 0.3, 1, reach=1.0),
        (MAD, "card", 1): card(PRINTED, 0.1, 0, binarisation=0.0),  # another seed
    }
    monkeypatch.setattr(tables, "stored_rows", stored_by_hand(files))


def line(table, setting, network):
    (found,) = (row for row in table.rows if row[:2] == (setting, NETWORKS[network]))
    return found[2:]


def test_every_word_of_the_answer():
    table = tables.would_it_have_passed()
    assert len(table.rows) == 4
    assert line(table, TABLE1, MAD) == (
        "no", "doubled steps; lower envelope", "lower envelope", "1 of 3", "L-infinity", "0.1", "10",
    )  # fmt: skip
    assert line(table, tables.SUITE, MAD) == ("no", "lower envelope", "–", "2 of 3", "L-infinity", "0.1", "10")
    assert line(table, FIGURE6, DUNDI) == ("no", "transfer failure", "none", "0 of 2", "L-infinity", "0.3", "10")
    assert line(table, tables.SUITE, DUNDI) == ("yes", "none", "–", "1 of 1", "L-infinity", "0.3", "10")
    assert all(len(row) == len(table.header) for row in table.rows)


def test_every_check_has_a_line_and_every_card_a_column():
    table = tables.checks()
    found = {name: dict(zip(table.header[1:], marks, strict=True)) for name, *marks in table.rows}
    assert list(found) == ["reach", "doubled steps", "transfer failure", "lower envelope"], "in the card's order"
    mad, own, dundi = f"{TABLE1}: {NETWORKS[MAD]}", f"{tables.SUITE}: {NETWORKS[MAD]}", f"{FIGURE6}: {NETWORKS[DUNDI]}"
    assert (found["doubled steps"][mad], found["doubled steps"][own], found["doubled steps"][dundi]) == (
        "fails", "passes", "–",
    )  # fmt: skip
    assert (found["reach"][mad], found["reach"][dundi]) == ("passes", "–"), "what cannot be judged is a dash"


def test_the_settings_say_the_attacks_the_accuracies_and_what_was_left_out():
    table = tables.settings()
    assert line(table, TABLE1, MAD) == ("90 [60, 98]", "70 [40, 89]", "A: FGSM(eps=0.1); B: BIM", "nothing", "–")
    assert line(table, FIGURE6, DUNDI)[3] == "JSMA"


def test_without_a_card_of_the_suite_nothing_is_said_of_the_network(monkeypatch):
    alone = {(MAD, "card", 0): card(PRINTED, 0.1, 7, doubled_steps=0.0)}
    monkeypatch.setattr(tables, "stored_rows", stored_by_hand(alone))
    assert line(tables.would_it_have_passed(), TABLE1, MAD)[1:3] == ("doubled steps", "not run")


def test_without_results_the_tables_are_empty_and_still_print(monkeypatch):
    monkeypatch.setattr(tables, "stored_rows", stored_by_hand({}))
    for make in (tables.would_it_have_passed, tables.checks, tables.settings):
        assert make().rows == () and str(make())
