"""Both networks and their suite from end to end at toy size."""

import json
from dataclasses import replace

import pytest
import torch
from chapters.stored_by_hand import stored_by_hand

from robustlib.attacks import FGSM, PGD, climb, pgd
from robustlib.chapters.one_table import tables
from robustlib.chapters.one_table.measures import MEASUREMENTS, RADII
from robustlib.chapters.one_table.runs import EXPERIMENTS
from robustlib.datasets import Batches, Dataset, load
from robustlib.describe import describe
from robustlib.experiments import Subject, one, select, standard_suite
from robustlib.experiments.rows import read, written
from robustlib.experiments.standard_suite import WORST, StandardSuite
from robustlib.training import fit

pytestmark = pytest.mark.slow
TOY = {StandardSuite: StandardSuite(RADII, images=8, whole=4)}


def digits() -> Dataset:
    """A few embedded digits under the name of the full set."""
    few = load("mnist_5k")
    return replace(few, name="mnist", train=few.train.subset(slice(120)), test=few.test.subset(slice(8)))


@pytest.fixture(scope="module", autouse=True)
def short_attacks():
    """No climb longer than two steps, and FGSM in the place of AutoAttack."""
    whole = climb.climb
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pgd, "climb", lambda attack, *a: whole(replace(attack, steps=min(2, attack.steps)), *a))
        patch.setattr(standard_suite, "AutoAttack", lambda eps, precision: FGSM(eps))
        yield


@pytest.fixture(scope="module")
def trained():
    """Both networks after three batches from the same start, with their histories."""
    found, data = {}, digits()
    for e in EXPERIMENTS:
        torch.manual_seed(0)
        model = e.model()
        options = {"optimizer": e.optimizer, "epochs": 1, "schedule": e.schedule_for(1), "precision": e.precision}
        history = fit(model, Batches(40)(data.train), e.objective, progress=False, **options)
        found[e.name] = model.eval(), history
    return found


@pytest.fixture(scope="module")
def measured(trained, tmp_path_factory):
    """The rows of every measurement, written and read again."""
    found = {}
    for m in MEASUREMENTS:
        on = Subject(trained[m.of][0], digits(), 8, tmp_path_factory.mktemp(m.name), 0, m.of)
        rows = TOY[type(m.evaluate)](on).rows
        found[m.of, m.kind, 0] = [read(json.loads(json.dumps(written(row)))) for row in rows]
        assert found[m.of, m.kind, 0] == list(rows)
    return found


@pytest.mark.parametrize("e", EXPERIMENTS, ids=lambda e: e.name)
def test_a_network_is_trained(trained, e):
    model, history = trained[e.name]
    terms = {"table-lenet-trades": {"clean", "divergence"}, "table-lenet-adversarial": {"adversarial"}}[e.name]
    assert set(history.terms) == terms and all(len(v) == 1 and v[0] >= 0 for v in history.terms.values())
    torch.manual_seed(0)
    assert any(not torch.equal(a, b) for a, b in zip(model.parameters(), e.model().parameters(), strict=True))
    assert json.dumps(describe(e.recipe(1)))


def test_the_control_differs_in_the_objective_only():
    trades, control = (describe(e.recipe(10)) for e in EXPERIMENTS)
    assert {k for k in trades if trades[k] != control[k]} == {"objective"}
    assert trades["objective"]["attack"] == control["objective"]["attack"]
    assert {e.epochs for e in EXPERIMENTS} == {100} and len({e.affordable for e in EXPERIMENTS}) == 1


@pytest.mark.parametrize("m", MEASUREMENTS, ids=lambda m: m.name)
def test_the_suite_gives_rows_inside_their_radius(measured, m):
    rows = select(measured[m.of, m.kind, 0], metric="accuracy")
    assert all(row.largest_linf <= (row.eps or 0) + 1e-6 for row in rows)
    assert one(rows, attack="").n == 8
    assert [one(rows, attack=WORST, eps=eps).n for eps in RADII] == [4] * len(RADII)


def test_every_network_has_its_suite_and_its_line():
    assert {m.of for m in MEASUREMENTS if m.kind == "standard"} == {e.name for e in EXPERIMENTS} == set(tables.ROWS)
    assert tables.RADII == RADII, "tables reads what measures measures"


def test_the_table_shows_both_networks(measured, monkeypatch):
    monkeypatch.setattr(tables, "stored_rows", stored_by_hand(measured))
    table = tables.table1()
    assert len(table.rows) == 2 and len(table.columns) == 1 + 2 * len(RADII)
    assert all(c.ours is not None for c in table.cells)


def test_both_train_at_the_radius_that_the_source_prints_and_the_suite_looks_there_too():
    """Zhang et al. 2019, section 5.3.1: MNIST, perturbation 0.3, step 0.01, 40 steps."""
    for e in EXPERIMENTS:
        said = describe(e.objective)["attack"]
        assert (said.get("eps", PGD().eps), said["alpha"], said.get("steps", PGD().steps)) == (0.3, 0.01, 40)
    assert max(RADII) == 0.3
