"""Every run of the report on triplets from end to end at toy size, and every table of what they leave behind."""

from dataclasses import replace

import pytest
import torch
from experiments.toy_runs import digits

from robustlib.attacks import bim, climb, feature_matching, mim, pgd
from robustlib.datasets import Batches
from robustlib.experiments import TABLES, load_model, load_result, run, runner, tables
from robustlib.experiments.robust_representations import RADII, RUNS, TABLE1, lenet_trunk
from robustlib.models import Classifier, convnet

pytestmark = pytest.mark.slow
EXPERIMENTS = {e.name: e for e in RUNS}


def narrow() -> Classifier:
    """The report's network with few filters and a small embedding."""
    return convnet(filters=(2, 4, 4), embedding=8)


MODELS = {convnet: narrow, lenet_trunk: lenet_trunk}


def small(name):
    """One pass of five batches, attacks of two steps, eight images."""
    e = EXPERIMENTS[name]
    evaluate = replace(e.evaluate, restarts=1, targets=1)
    return replace(e, model=MODELS[e.model], sampler=Batches(40), evaluate=evaluate, epochs=1, affordable=None, n=8)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """All registered runs, in an empty folder, in the order of the registry."""
    folder, dataset, whole = tmp_path_factory.mktemp("registry"), digits(), climb.climb

    def short(attack, *arguments):
        return whole(replace(attack, steps=min(2, attack.steps)), *arguments)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("RESULTS", "CHECKPOINTS", "RUNS"):
            patch.setenv(f"ROBUSTLIB_{name}", str(folder / name.lower()))
        patch.setattr(runner, "load", lambda name, device: dataset.to(device))
        for module in (bim, feature_matching, mim, pgd):
            patch.setattr(module, "climb", short)
        yield {name: run(small(name), progress=False) for name in EXPERIMENTS}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_run_measures_what_its_tables_and_claims_need(results, name):
    result, e = results[name], EXPERIMENTS[name]
    assert result == load_result(name)
    assert (result["experiment"], result["row"], result["paper"]) == (e.name, e.row, e.paper)
    assert result["schedule"] == {"epochs": 1, "paper_epochs": 1, "start": e.start and e.start.name}
    outcomes = result["outcomes"]
    assert {"clean", "noise", *TABLE1, *tables.ADAPTIVE, *tables.HEADS, *tables.COLUMNS} <= set(outcomes)
    assert {c.outcome for c in e.claims} == {c["outcome"] for c in result["claims"]} <= set(outcomes)
    assert all(o["n"] == 8 and o["largest_linf"] <= 0.3 + 1e-6 for o in outcomes.values())
    for attack in ("FGSM", "small-step PGD", "PGD", "worst case"):
        curve = list(tables.curve(name, attack).items())
        assert [eps for eps, _ in curve] == [0.0, *RADII][: None if e.evaluate.sweep_images else 1]
        heights = [o["accuracy"] for _, o in curve]
        assert heights == sorted(heights, reverse=True)
    assert result["facts"]["zero gradients, forgotten stop-gradient"] == 1.0
    assert result["facts"]["separation"] > 0
    terms = result["history"]["terms"]
    assert all(len(v) == 1 and v[0] >= 0 for v in terms.values()) and terms


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_checkpoint_of_a_run_loads_and_gives_logits(results, name):
    model = load_model(small(name))
    assert model(torch.rand(2, 1, 28, 28)).shape == (2, 10)


def test_tuning_moves_the_body_away_from_the_start(results):
    for name, e in EXPERIMENTS.items():
        if e.start is not None:
            tuned, start = load_model(small(name)), load_model(small(e.start.name))
            assert any(not torch.equal(a, b) for a, b in zip(tuned.parameters(), start.parameters(), strict=True)), name


def test_the_tables_show_every_run_beside_the_paper(results):
    table = TABLES["robust_representations/table1"]()
    assert table.columns == list(tables.COLUMNS) and len(table.rows) == len(tables.ROWS)
    assert "n = 8 official test images, seed 0" in table.caption
    softmax = next(row for row in table.rows if row.startswith("Softmax ("))
    assert softmax == "Softmax (1 of 1 epochs, CPU)"
    found = results["rr-convnet-softmax"]["outcomes"]["FGSM"]
    cell = table[softmax, "FGSM"]
    assert (cell.paper, cell.ours, cell.n) == (34.48, 100 * found["accuracy"], 8)
    assert cell.low < cell.ours < cell.high or cell.ours in (0, 100)
    for network in ("rr-convnet", "rr-lenet"):
        assert tables.adaptive(network).columns == list(tables.ADAPTIVE)
        assert [f"{c}: margin PGD" for c in tables.other_heads(network).columns] == list(tables.HEADS)
    assert all(c.paper is None for c in tables.table1("rr-lenet").cells)


def test_numbers_for_sentences(results):
    found = results["rr-lenet-ours"]["outcomes"]["FGSM"]
    assert tables.quote("rr-lenet-ours", "FGSM").startswith(f"{100 * found['accuracy']:.1f} % [")
    with pytest.raises(KeyError):
        tables.quote("rr-lenet-ours", "DeepFool")
