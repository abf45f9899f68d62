"""What a page measures itself, as cells: with numbers that are known."""

import pytest
import torch

from robustlib.evaluation import Cell, Outcome, Table
from robustlib.experiments.live import outcome_cell, stack


def test_an_outcome_is_a_cell_in_per_cent_with_wilsons_interval():
    correct = torch.tensor([1, 1, 1, 0, 0, 0, 0, 0, 0, 0], dtype=torch.bool)  # three of ten
    cell = outcome_cell("tuned", "eps 0.1", Outcome(correct, torch.zeros(10), torch.zeros(10), 1.0))
    assert (cell.row, cell.column, cell.paper, cell.n) == ("tuned", "eps 0.1", None, 10)
    # centre (3 + 1.92) / (10 + 3.84), half width 1.96 * sqrt(10 * 0.3 * 0.7 + 0.96) / (10 + 3.84)
    assert (cell.low, cell.ours, cell.high) == pytest.approx((10.78, 30.0, 60.32), abs=0.01)


def test_tables_are_stacked_under_the_first_caption():
    first, second = Table("one", (Cell("a", "x"),)), Table("two", (Cell("b", "x"), Cell("c", "x")))
    table = stack([first, second])
    assert table.caption == "one" and table.rows == ["a", "b", "c"]
