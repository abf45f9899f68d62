"""The table from rows of ten images, with the numbers that must be printed worked out by hand."""

import pytest
from chapters.stored_by_hand import of_ten, stored_by_hand

from robustlib.chapters.one_table import tables
from robustlib.experiments.standard_suite import WORST

# Wilson, n = 10: see the tables of the chapter on robust representations.
WILSON = {0: (0.0, 27.8), 1: (1.8, 40.4), 2: (5.7, 51.0), 3: (10.8, 60.3), 4: (16.8, 68.7), 5: (23.7, 76.3)}
WILSON |= {6: (31.3, 83.2), 9: (59.6, 98.2)}
TRADES = "TRADES (10 of 100 epochs, CPU)"


def suite(auto: tuple[int, ...], worst: tuple[int, ...], clean: int):
    """Every attack leaves another number, and noise and FGSM leave one that may not be printed."""
    rows = [of_ten(clean)]
    for eps, a, w in zip(tables.RADII, auto, worst, strict=True):
        at = {"norm": "Linf", "eps": eps}
        rows += [of_ten(7, attack="noise", **at), of_ten(8, attack="FGSM", **at)]
        rows += [of_ten(a, attack="AutoAttack", **at), of_ten(w, attack=WORST, **at)]
    return rows


@pytest.fixture(autouse=True)
def stored(monkeypatch):
    files = {("table-lenet-trades", "standard", 0): suite((6, 5, 3), (4, 2, 1), 9)}
    files["table-lenet-trades", "standard", 1] = suite((0, 0, 0), (0, 0, 0), 0)  # another seed
    monkeypatch.setattr(tables, "stored_rows", stored_by_hand(files))
    monkeypatch.setattr(tables, "schedule", lambda network, seed=0: "10 of 100 epochs, CPU")


def test_every_number_of_the_table():
    table = tables.table1()
    assert table.rows == [TRADES], "what was not measured has no line"
    right = {"clean": 9, "AutoAttack at 0.1": 6, f"{WORST} at 0.1": 4, "AutoAttack at 0.2": 5, f"{WORST} at 0.2": 2}
    right |= {"AutoAttack at 0.3": 3, f"{WORST} at 0.3": 1}
    found = {name: table[TRADES, name] for name in table.columns}
    printed = {name: tuple(round(v, 1) for v in (c.ours, c.low, c.high)) for name, c in found.items()}
    assert printed == {name: (10 * k, *WILSON[k]) for name, k in right.items()}
    assert all(c.paper is None and c.n == 10 for c in table.cells)
    assert "n = 10 official test images" in table.caption and "seed 0" in table.caption


def test_without_results_the_table_is_empty_and_still_prints(monkeypatch):
    monkeypatch.setattr(tables, "stored_rows", stored_by_hand({}))
    assert tables.table1().cells == () and str(tables.table1())
