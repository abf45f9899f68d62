"""The two controls of the stop-gradient: one field apart from the report's networks, and their table by hand."""

from dataclasses import fields

import pytest
import torch
from chapters.robust_representations.test_tables import swept
from chapters.stored_by_hand import of_ten, stored_by_hand

from robustlib.chapters.robust_representations import joint_tables
from robustlib.chapters.robust_representations.joint import EXPERIMENTS, MEASUREMENTS, STOPPED
from robustlib.experiments import Row

PAIRS = {"rr-lenet-joint-pgd": "rr-lenet-ours-pgd", "rr-lenet-joint": "rr-lenet-ours"}
NAMING = {"name", "label", "training", "seeds", "priority", "shipped"}


@pytest.mark.parametrize("e", EXPERIMENTS, ids=lambda e: e.name)
def test_a_control_differs_from_its_pair_in_the_stop_gradient_alone(e):
    pair = STOPPED[PAIRS[e.name]]
    apart = {f.name for f in fields(e) if getattr(e, f.name) != getattr(pair, f.name)}
    assert apart - NAMING == {"objective"}
    terms = {f.name for f in fields(e.objective) if getattr(e.objective, f.name) != getattr(pair.objective, f.name)}
    assert terms == {"stop_gradient"} and not e.objective.stop_gradient and pair.objective.stop_gradient
    assert e.seeds == (0, 1, 2) and {m.kind for m in MEASUREMENTS if m.of == e.name} == {
        "attacked",
        "standard",
        "sweep",
    }


@pytest.mark.parametrize("e", EXPERIMENTS, ids=lambda e: e.name)
def test_cross_entropy_reaches_the_body_of_the_control_alone(e):
    for which, reaches in ((e, True), (STOPPED[PAIRS[e.name]], False)):
        torch.manual_seed(0)
        model, x, y = which.model(), torch.rand(6, 1, 28, 28), torch.tensor([0, 0, 1, 1, 2, 2])
        which.objective(model, x, y)["ce"].backward()
        first = next(iter(model.body.parameters())).grad
        assert (first is not None and bool(first.abs().sum() > 0)) == reaches
        assert model.head.weight.grad.abs().sum() > 0


@pytest.fixture
def stored(monkeypatch):
    files = {}
    for seed, (clean, worst, apart) in enumerate(((9, 1, 3.0), (8, 6, 4.0), (10, 2, 8.0))):
        files["rr-lenet-joint-pgd", "attacked", seed] = [of_ten(clean), Row("separation", apart, 5000)]
        files["rr-lenet-joint-pgd", "sweep", seed] = swept({0.1: worst, 0.2: worst - 1})
    files["rr-lenet-softmax-pgd", "attacked", 0] = [of_ten(9), Row("separation", 2.5, 5000)]
    files["rr-lenet-softmax-pgd", "sweep", 0] = swept({0.1: 4, 0.2: 3})
    monkeypatch.setattr(joint_tables, "stored_rows", stored_by_hand(files))
    monkeypatch.setattr(joint_tables, "schedule", lambda network, seed=0: "4 of 10 epochs, CPU")
    return files


def test_the_table_has_the_mean_of_the_seeds_the_interval_of_one_and_says_what_was_not_run(stored):
    table = joint_tables.controls()
    missing, several, alone = table.rows
    assert missing == "Ours_PGD: triplets alone (not run)"
    assert several == "Joint_PGD: triplets and cross-entropy (4 of 10 epochs, CPU, 3 seeds)"
    assert alone == "Softmax_PGD: cross-entropy alone (4 of 10 epochs, CPU, 1 seed)"
    assert table.columns == ["worst of two at 0.1", "worst of two at 0.2", "clean", "separation"]
    found = {(r, c): table[r, c] for r in table.rows for c in table.columns}
    assert all(found[missing, c].ours is None for c in table.columns)
    for column, numbers in {
        "clean": (90, 80, 100),
        "worst of two at 0.1": (30, 10, 60),
        "separation": (5, 3, 8),
    }.items():
        cell = found[several, column]
        assert (cell.ours, cell.low, cell.high) == pytest.approx(numbers)
    worst = found[alone, "worst of two at 0.1"]
    assert [round(v, 1) for v in (worst.ours, worst.low)] == [40, 16.8]


def test_without_adversarial_training_the_radii_are_smaller(stored):
    table = joint_tables.controls(adversarial=False)
    assert table.columns[:2] == ["worst of two at 0.05", "worst of two at 0.1"]
    assert [row.split(":")[0] for row in table.rows] == ["Ours", "Joint", "Softmax"]
    assert all("(not run)" in row for row in table.rows)
