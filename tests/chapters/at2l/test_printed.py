"""How many of the paper's printed values have a stored row of ours beside them, static as the paper's may mean them."""

import pytest

import robustlib.chapters.at2l  # noqa: F401 (joins the registry)
from robustlib.experiments.printed import lacking, printed, reported
from robustlib.experiments.stored import stored_rows

FIGURES = "fig1_fig2_digitised"


@pytest.mark.parametrize(
    ("tables", "count"), [(("fig1", "fig2"), 108), (("supp_table4", "supp_table5"), 112)], ids=["figures", "tables"]
)
def test_half_of_what_is_printed_after_iterations_1_and_10_has_ours_beside_it(tables, count):
    """Our last iteration, the third, stands for the tenth. Figure 2 is FGSM: its C&W is a figure of the supplement."""
    said = {file: printed("at2l", file) for file in (FIGURES, "supp_table4", "supp_table5")}
    numbers = [n for n in reported("at2l") if n.table in said and said[n.table][n.line - 1]["table"] in tables]
    asked = [n for n in numbers if n.columns["training"].endswith(("iteration 1", "iteration 3"))]
    left = lacking([row for row in stored_rows(kind=("known", "unknown"), seed=0) if row.source], asked)
    there = len(asked) - len(left)
    without = {" ".join(n.columns[k] for k in ("dataset", "measurement", "training")) for n in left}
    assert len(asked) == count and 2 * there >= count, f"{there} of {count}, not of {sorted(without)}"
