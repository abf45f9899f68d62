"""Rows as cells: the number that must be printed, worked out by hand."""

import pytest

from robustlib.evaluation import Cell
from robustlib.experiments.rows import Row
from robustlib.experiments.tables import auc_cell, cell, complement, counted, spread

ROW = Row("accuracy", 0.625, 200, 0.5, 0.75, reported=0.875)
NONE = Cell("net", "PGD")


def test_a_row_is_a_cell_in_per_cent():
    assert cell(ROW, "net", "PGD", note="a note") == Cell("net", "PGD", 87.5, 62.5, 50.0, 75.0, 200, "a note")
    assert cell(ROW, "net", "PGD").said() == "87.5 | 62.5 [50.0, 75.0]"


def test_or_in_another_unit():
    found = cell(Row("distance", 1.5, 8, 1.25, 2.0, reported=3.0), "net", "L2", scale=1)
    assert found == Cell("net", "L2", 3.0, 1.5, 1.25, 2.0, 8)


def test_what_was_not_run_says_so_and_what_was_run_in_vain_too():
    assert cell(None, "net", "PGD") == NONE and NONE.said() == "not run"
    assert cell(Row("accuracy", None, reported=0.5), "net", "PGD").said() == "50 | not run"
    nothing = auc_cell(Row("AUC", None, 0), "net", "PGD")
    assert nothing.said() == "none" and nothing.note == "nothing was fooled: no pair to tell apart"
    assert auc_cell(Row("AUC", 0.75, 9, 0.5, 1.0), "net", "PGD") == Cell("net", "PGD", None, 75.0, 50.0, 100.0, 9)
    assert auc_cell(None, "net", "PGD") == NONE


def test_a_complement_swaps_the_ends_of_its_interval():
    found = complement(cell(ROW, "net", "error", note="kept"))
    assert found == Cell("net", "error", 12.5, 37.5, 25.0, 50.0, 200, "kept")
    assert complement(found) == cell(ROW, "net", "error", note="kept")
    assert complement(NONE) == NONE
    assert complement(Cell("net", "x", None, 0.25, 0.0, 0.5), whole=1.0) == Cell("net", "x", None, 0.75, 0.5, 1.0)


@pytest.mark.parametrize(
    "ends", [(60.0, 50.0, 70.0), (40.0, 55.0, 50.0), (70.0, 50.0, 40.0), (60.0, None, 50.0),
             (60.0, 50.0, None), (None, 50.0, 40.0), (40.0, float("nan"), 60.0)], ids=str
)  # fmt: skip
def test_a_cell_refuses_an_interval_that_does_not_hold_its_number(ends):
    low, ours, high = ends
    with pytest.raises(ValueError, match="outside its interval"):
        Cell("net", "PGD", None, ours, low, high)


def test_seeds_spread_between_the_least_and_the_most():
    seeds = [Cell(str(k), "PGD", 90.0, v, v - 1, v + 1, 200) for k, v in enumerate((40.0, 60.0, 56.0))]
    assert spread("net", "seeds", [*seeds, NONE]) == Cell("net", "seeds", 90.0, 52.0, 40.0, 60.0, 200)
    assert spread("net", "seeds", [NONE, seeds[0]]) == Cell("net", "seeds", 90.0, 40.0, 39.0, 41.0, 200)
    assert spread("net", "seeds", [Cell("0", "PGD", 90.0)]) == Cell("net", "seeds", 90.0)
    assert spread("net", "seeds", []) == Cell("net", "seeds")


def test_on_how_many_images_a_table_rests():
    assert counted([Cell("a", "b", n=1000), NONE, Cell("a", "c", n=200), Cell("a", "d", n=1000)]) == "200 or 1000"
    assert counted([NONE]) == "0, not run" and counted([], nothing="none") == "none"
