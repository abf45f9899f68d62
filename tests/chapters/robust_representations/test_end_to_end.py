"""Every network and every measurement of the chapter from end to end at toy size."""

import json
from dataclasses import replace

import pytest
import torch
from chapters.stored_by_hand import stored_by_hand

from robustlib.attacks import FGSM, bim, climb, feature_matching, mim, pgd
from robustlib.chapters.robust_representations import joint, joint_tables, measures, runs, tables
from robustlib.chapters.robust_representations.measures import RADII, Attacked, Sweep, attacks_at_eps
from robustlib.chapters.robust_representations.runs import lenet_trunk
from robustlib.datasets import Batches, Dataset, data_folder, load
from robustlib.describe import describe
from robustlib.experiments import Subject, select, standard_suite
from robustlib.experiments.rows import read, written
from robustlib.experiments.standard_suite import StandardSuite
from robustlib.models import Classifier, convnet
from robustlib.training import fit

pytestmark = pytest.mark.slow
EXPERIMENTS = (*runs.EXPERIMENTS, *joint.EXPERIMENTS)
MEASUREMENTS = (*measures.MEASUREMENTS, *joint.MEASUREMENTS)
TOY = {Attacked: Attacked(few=6), Sweep: Sweep(1, 1), StandardSuite: StandardSuite((0.1, 0.2), images=8, whole=4)}


def digits() -> Dataset:
    """A few embedded digits under the name of the full set."""
    few = load("mnist_5k")
    return replace(few, name="mnist", train=few.train.subset(slice(200)), test=few.test.subset(slice(8)))


def narrow() -> Classifier:
    """The report's network with few filters and a small embedding."""
    return convnet(filters=(2, 4, 4), embedding=8)


@pytest.fixture(scope="module", autouse=True)
def short_attacks():
    """No climb longer than two steps, and FGSM in the place of AutoAttack."""
    whole = climb.climb
    with pytest.MonkeyPatch.context() as patch:
        for module in (bim, feature_matching, mim, pgd):
            patch.setattr(module, "climb", lambda attack, *a: whole(replace(attack, steps=min(2, attack.steps)), *a))
        patch.setattr(standard_suite, "AutoAttack", lambda eps, precision: FGSM(eps))
        yield


@pytest.fixture(scope="module")
def trained():
    """Every network after five batches, in the order of the registry: a start comes before what is tuned from it."""
    found, data = {}, digits()
    for e in EXPERIMENTS:
        torch.manual_seed(0)
        model = {convnet: narrow, lenet_trunk: lenet_trunk}[e.model]()
        if e.start is not None:
            model.load_state_dict(found[e.start.name][0].state_dict())
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
def test_a_network_is_trained_away_from_its_start(trained, e):
    model, history = trained[e.name]
    assert history.terms and all(len(v) == 1 and v[0] >= 0 for v in history.terms.values())
    assert model(torch.rand(2, 1, 28, 28)).shape == (2, 10)
    if e.start is not None:
        before = trained[e.start.name][0].parameters()
        assert any(not torch.equal(a, b) for a, b in zip(model.parameters(), before, strict=True))


@pytest.mark.parametrize("m", MEASUREMENTS, ids=lambda m: m.name)
def test_a_measurement_gives_rows_inside_their_radius(measured, m):
    rows = measured[m.of, m.kind, 0]
    accuracies = select(rows, metric="accuracy")
    assert all(0 <= r.value <= 1 and r.n in (4, 6, 8) for r in accuracies)
    assert all(r.largest_linf <= (r.eps or 0) + 1e-6 for r in accuracies)
    clean = select(accuracies, attack="", defense="")
    assert len(clean) == 1 and clean[0].n == 8
    if m.kind == "sweep":
        for attack in {r.attack for r in accuracies} - {""}:
            heights = [r.value for r in select(accuracies, attack=("", attack))]
            assert heights == sorted(heights, reverse=True) and len(heights) == 1 + len(RADII)


def test_the_tables_show_every_measured_network(measured, monkeypatch):
    monkeypatch.setattr(tables, "stored_rows", stored_by_hand(measured))
    monkeypatch.setattr(tables, "schedule", lambda network, seed=0: "1 of 1 epochs, CPU")
    for network in ("rr-convnet", "rr-lenet"):
        for table in (tables.table1(network), tables.adaptive(network), tables.other_heads(network)):
            there = [cell.ours is not None for cell in table.cells if cell.column != "AutoAttack"]  # of the suite
            assert len(table.rows) == len(tables.ROWS) and all(there) and there
    assert len(tables.seeds().rows) == len(tables.ROWS) and all(c.ours is not None for c in tables.seeds().cells)
    assert len(tables.pgd_readings()) == len(tables.ROWS)
    monkeypatch.setattr(joint_tables, "stored_rows", stored_by_hand(measured))
    monkeypatch.setattr(joint_tables, "schedule", lambda network, seed=0: "1 of 1 epochs, CPU")
    for adversarial in (False, True):
        table = joint_tables.controls(adversarial)
        assert len(table.rows) == 3 and all(cell.ours is not None for cell in table.cells)


def without_means(described):
    """The class means belong to the network, and are described by a hash."""
    return {name: {k: v for k, v in attack.items() if k != "means"} for name, attack in described.items()}


STORED = [p for m in MEASUREMENTS for p in sorted((data_folder() / "results" / m.name).glob("seed*.json"))]


@pytest.mark.parametrize("path", STORED, ids=lambda p: f"{p.parent.name} {p.stem}")
def test_what_was_measured_is_what_the_code_would_measure_today(path):
    stored, planned = json.loads(path.read_text()), {m.name: m for m in MEASUREMENTS}[path.parent.name]
    assert stored["evaluation"] == json.loads(json.dumps(describe(planned.evaluate))) and stored["n"] == planned.n
    if planned.kind == "attacked":
        today = json.loads(json.dumps(describe(attacks_at_eps(torch.zeros(10, 64)))))
        assert without_means(stored["attacks"]) == without_means(today)


TRAINED = [(e, p) for e in EXPERIMENTS for p in sorted((data_folder() / "results" / e.name).glob("seed*.json"))]


@pytest.mark.parametrize(("e", "path"), TRAINED, ids=lambda v: getattr(v, "name", ""))
def test_what_was_trained_is_what_the_code_would_train_today(e, path):
    stored = json.loads(path.read_text())
    assert stored["recipe"] == json.loads(json.dumps(describe(e.recipe(stored["schedule"]["epochs"]))))
    assert stored["schedule"]["paper_epochs"] == e.epochs and stored["seed"] in e.seeds
