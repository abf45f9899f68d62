"""Tables, curves and sentences of results whose numbers are known."""

import pytest
import torch

from robustlib.evaluation import Outcome, wilson
from robustlib.experiments import TABLES, tables
from robustlib.experiments.results import record, write_result


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ROBUSTLIB_RESULTS", str(tmp_path))


def store(name: str, seed: int = 0, **right: int) -> None:
    """A result on 50 images: so many right under each outcome (underscores are spaces)."""
    zero = torch.zeros(50)
    outcomes = {k.replace("_", " "): record(Outcome(torch.arange(50) < n, zero, zero, 1.0)) for k, n in right.items()}
    result = {"row": "Ours", "device": "CPU", "schedule": {"epochs": 4, "paper_epochs": 10}, "outcomes": outcomes}
    write_result(name, seed, result | {"claims": [{"outcome": "FGSM", "paper": 69.45}]})


def test_a_cell_has_the_printed_number_beside_ours():
    store("rr-convnet-ours", clean=49, FGSM=20)
    table = TABLES["robust_representations/table1"]()
    assert table.rows == ["Ours (4 of 10 epochs, CPU)"] and "n = 50 official test images" in table.caption
    cell = table[table.rows[0], "FGSM"]
    low, high = wilson(20, 50)
    assert (cell.paper, cell.ours, cell.n) == (69.45, 40.0, 50)
    assert (cell.low, cell.high) == pytest.approx((100 * low, 100 * high))
    assert table[table.rows[0], "clean"].paper is None
    missing = table[table.rows[0], "BIM"]
    assert missing.ours is None and missing.said() == "not run"


def test_a_curve_starts_clean_and_rises_in_eps():
    store("x", **{"clean": 48, "PGD at 0.3": 5, "PGD at 0.05": 40, "PGD at 0.1": 20, "small-step PGD at 0.1": 30})
    curve = tables.curve("x", "PGD")
    assert {eps: o["accuracy"] for eps, o in curve.items()} == {0.0: 0.96, 0.05: 0.8, 0.1: 0.4, 0.3: 0.1}
    assert list(curve) == [0.0, 0.05, 0.1, 0.3]


def test_a_sentence_quotes_ours_and_the_paper():
    store("x", FGSM=20)
    low, high = wilson(20, 50)
    assert tables.quote("x", "FGSM") == f"40.0 % [{100 * low:.1f}, {100 * high:.1f}; n = 50]"
    assert tables.paper_says("softmax cross-entropy (row Softmax)", "FGSM") == "34.48 %"
    with pytest.raises(KeyError, match="BIM"):
        tables.quote("x", "BIM")
    with pytest.raises(FileNotFoundError, match="run x --seed 1"):
        tables.quote("x", "FGSM", 1)


def test_seeds_give_mean_least_and_most_and_one_seed_its_interval():
    for seed, right in enumerate((10, 20, 45)):
        store("net-ours", seed, FGSM=right)
    store("net-softmax", 0, FGSM=20)
    table = tables.seeds_table("net", ("FGSM", "BIM"))
    alone, several = table.rows
    assert "1 seed)" in alone and "3 seeds)" in several and table.columns == ["FGSM"]
    cell = table[several, "FGSM"]
    assert (cell.ours, cell.low, cell.high) == pytest.approx((50.0, 20.0, 90.0))
    low, high = wilson(20, 50)
    one = table[alone, "FGSM"]
    assert (one.ours, one.low, one.high) == pytest.approx((40.0, 100 * low, 100 * high))


def test_without_results_the_tables_are_empty_and_still_print():
    assert tables.available("rr-convnet") == []
    for name in TABLES:
        assert str(TABLES[name]())
    assert tables.seeds_table("rr-lenet").cells == ()
