"""The target network and every measurement of the chapter from end to end at toy size."""

import json
from dataclasses import replace

import pytest
import torch
from chapters.stored_by_hand import stored_by_hand

from robustlib.attacks import BIM, DDN, FGSM, PGD
from robustlib.chapters.attacks import measures, tables
from robustlib.chapters.attacks.measures import MEASUREMENTS, BudgetAttacks, MinimumNorm, SeveralSettings
from robustlib.chapters.attacks.runs import EXPERIMENTS
from robustlib.chapters.attacks.suite import budget_attacks, nearest_attacks
from robustlib.datasets import Batches, Dataset, Split, data_folder, load
from robustlib.describe import describe
from robustlib.experiments import Subject, one, standard_suite
from robustlib.experiments.pictures import PicturedAttack
from robustlib.experiments.rows import read, written
from robustlib.models import Classifier, lenet5, resnet
from robustlib.training import fit

pytestmark = pytest.mark.slow


def coloured() -> Dataset:
    """Noise in three colours under the name of CIFAR-10."""
    x = torch.randint(256, (90, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    whole = Split(x, torch.arange(90) % 10, "noise")
    parts = (whole.subset(slice(50)), whole.subset(slice(50, 70)), whole.subset(slice(70, None)))
    return Dataset("cifar10", *parts, tuple("abcdefghij"), (0.5,) * 3, (0.25,) * 3, "archive")


def digits() -> Dataset:
    """A few embedded digits under the name of the full set."""
    return replace(load("mnist_5k"), name="mnist", test=load("mnist_5k").test.subset(slice(8)))


@pytest.fixture(scope="module")
def target() -> Classifier:
    """The one network of the chapter after three batches, with few filters."""
    (e,) = EXPERIMENTS
    torch.manual_seed(0)
    model, sampler = resnet(8, width=4), replace(e.sampler, size=20)
    assert isinstance(sampler, Batches) and sampler.augment is not None
    history = fit(model, sampler(coloured().train), e.objective, optimizer=e.optimizer, epochs=1, progress=False)
    assert len(history.terms["ce"]) == 1
    return model.eval()


@pytest.fixture(scope="module")
def measured(target, tmp_path_factory):
    """The rows of every measurement under two quick attacks, written and read again."""
    quick = {"budget_attacks": lambda eps: {"FGSM": FGSM(eps), "PGD": PGD(eps, 2)},
             "nearest_attacks": lambda: {"DDN": DDN(steps=2)}}  # fmt: skip
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        for name, attacks in quick.items():
            patch.setattr(measures, name, attacks)
        patch.setattr(measures, "l2_pgd", lambda eps: PGD(eps, 2, norm=measures.L2()))
        patch.setattr(standard_suite, "AutoAttack", lambda eps, precision: FGSM(eps))
        for m in MEASUREMENTS:
            lenet = m.of.startswith("rr-")
            toy = {BudgetAttacks: {"timed": 3}, MinimumNorm: {"timed": 3}, SeveralSettings: {}}
            toy[PicturedAttack] = {"attack": PGD(8 / 255, 2)}
            changes = toy.get(type(m.evaluate), {"images": 8, "whole": 4})
            if m.kind == "passes":
                changes = {"attacks": lambda eps: [("BIM", BIM(eps, steps=t)) for t in (1, 2)]}
            model, data = (lenet5(embedding=64).eval(), digits()) if lenet else (target, coloured())
            on = Subject(model, data, 8, tmp_path_factory.mktemp(m.name), 0, m.of)
            rows = replace(m.evaluate, **changes)(on).rows
            found[m.of, m.kind, 0] = [read(json.loads(json.dumps(written(row)))) for row in rows]
            assert found[m.of, m.kind, 0] == list(rows)
    return found


@pytest.mark.parametrize("m", MEASUREMENTS, ids=lambda m: m.name)
def test_a_measurement_gives_rows(measured, m):
    rows = measured[m.of, m.kind, 0]
    assert one(rows, metric="accuracy", attack="").n == 8
    assert all(row.largest_linf <= row.eps + 1e-6 for row in rows if row.norm == "Linf" and row.metric == "accuracy")


def test_the_tables_show_what_was_measured(measured, monkeypatch):
    monkeypatch.setattr(tables, "stored_rows", stored_by_hand(measured))
    assert tables.strength()["PGD", "plain, eps 0.1"].n == 8
    assert len(tables.nearest().rows) == 2
    assert list(tables.climb_curves(tables.NETWORKS["plain"])["BIM"]) == [1, 2]


STORED = [p for m in MEASUREMENTS for p in sorted((data_folder() / "results" / m.name).glob("seed*.json"))]


@pytest.mark.parametrize("path", STORED, ids=lambda p: p.parent.name)
def test_what_was_measured_is_what_the_code_would_measure_today(path):
    stored, planned = json.loads(path.read_text()), {m.name: m for m in MEASUREMENTS}[path.parent.name]
    assert stored["evaluation"] == json.loads(json.dumps(describe(planned.evaluate))) and stored["n"] == planned.n
    if planned.kind in ("budget", "nearest"):
        today = budget_attacks(planned.evaluate.eps) if planned.kind == "budget" else nearest_attacks()
        assert stored["attacks"] == json.loads(json.dumps(describe(today)))


TRAINED = [(e, p) for e in EXPERIMENTS for p in sorted((data_folder() / "results" / e.name).glob("seed*.json"))]


@pytest.mark.parametrize(("e", "path"), TRAINED, ids=lambda v: getattr(v, "name", ""))
def test_what_was_trained_is_what_the_code_would_train_today(e, path):
    stored = json.loads(path.read_text())
    assert stored["recipe"] == json.loads(json.dumps(describe(e.recipe(stored["schedule"]["epochs"]))))
    assert stored["schedule"]["paper_epochs"] == e.epochs and stored["seed"] in e.seeds
