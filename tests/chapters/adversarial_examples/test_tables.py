"""The table and the readings from rows of ten images, with the numbers that must be printed worked out by hand."""

import pytest
from chapters.stored_by_hand import of_ten, stored_by_hand

from robustlib.chapters.adversarial_examples import readings, tables
from robustlib.experiments.standard_suite import WORST

# Wilson, n = 10: see the tables of the chapter on robust representations.
WILSON = {0: (0.0, 27.8), 1: (1.8, 40.4), 2: (5.7, 51.0), 3: (10.8, 60.3), 4: (16.8, 68.7), 5: (23.7, 76.3)}
WILSON |= {6: (31.3, 83.2), 9: (59.6, 98.2)}
RIGHT = {"noise": (9, 6, 5), "FGSM": (6, 5, 4), "margin PGD": (5, 4, 3), "AutoAttack": (4, 3, 2), WORST: (3, 2, 1)}


@pytest.fixture(autouse=True)
def stored(monkeypatch):
    rows = [of_ten(8)]
    for attack, right in RIGHT.items():
        rows += [of_ten(k, attack=attack, norm="Linf", eps=eps) for eps, k in zip(tables.RADII, right, strict=True)]
    files = {("live-lenet-pgd", "standard", 0): rows}
    files["live-lenet-pgd", "standard", 1] = [of_ten(0)]  # another seed
    for module in (tables, readings):
        monkeypatch.setattr(module, "stored_rows", stored_by_hand(files))


def test_every_number_of_the_table():
    table = tables.suite()
    lines = [f"PGD-trained network, eps {eps:g}" for eps in tables.RADII]
    assert table.rows == lines, "what was not measured has no line"
    assert list(table.columns) == list(RIGHT)
    for attack, right in RIGHT.items():
        for eps, k in zip(tables.RADII, right, strict=True):
            c = table[f"PGD-trained network, eps {eps:g}", attack]
            assert tuple(round(v, 1) for v in (c.ours, c.low, c.high)) == (10 * k, *WILSON[k]) and c.paper is None
    assert "n = 10 official test images" in table.caption and "seed 0" in table.caption


def test_what_the_sentences_and_the_chart_read():
    assert readings.clean("trained").value == 0.8
    assert readings.left("trained", 0.2).value == 0.2, "the worst case"
    assert readings.left("trained", 0.1, "noise").value == 0.9
    curve = readings.curve("trained")
    assert {eps: row.value for eps, row in curve.items()} == {0.0: 0.8, 0.1: 0.3, 0.2: 0.2, 0.3: 0.1}
    with pytest.raises(LookupError):
        readings.clean("standard")


def test_without_results_the_table_is_empty_and_still_prints(monkeypatch):
    monkeypatch.setattr(tables, "stored_rows", stored_by_hand({}))
    assert tables.suite().cells == () and str(tables.suite())
