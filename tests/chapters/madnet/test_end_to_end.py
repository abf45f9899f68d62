"""Every network and every measurement of the chapter from end to end at toy size, and the tables of what they leave."""

import json
from dataclasses import dataclass, replace
from functools import cache

import pytest
import torch
from chapters.stored_by_hand import stored_by_hand

from robustlib.attacks import FGSM, PGD, CarliniWagner, Noise
from robustlib.chapters.madnet import CHAPTER, adaptive, black_box, black_box_tables, printed_tables, readings
from robustlib.chapters.madnet.runs import Network
from robustlib.datasets import Batches, Dataset, SiamesePairs, Split, load
from robustlib.describe import describe
from robustlib.evaluation import Table
from robustlib.experiments import Subject, one, registry, select
from robustlib.experiments.break_it import BreakIt
from robustlib.experiments.card_rows import Card
from robustlib.experiments.rows import read, written
from robustlib.experiments.standard_suite import StandardSuite
from robustlib.models import preactivation_resnet, with_prototypes
from robustlib.training import fit

pytestmark = pytest.mark.slow
EXPERIMENTS = {e.name: e for e in CHAPTER.experiments}
# Cards run at toy size in the chapter on judging a defence, targets in tests/experiments and tests/labs.
MEASUREMENTS = {m.name: m for m in CHAPTER.measurements if not isinstance(m.evaluate, Card | BreakIt)}
IMAGES = 12  # of ten classes: the Davies-Bouldin index needs a class of two
# What each kind measures at toy size: fields of its dataclass, or a function of it.
SHORT = {
    "clean": {},
    "standard": lambda suite: ShortSuite(one_of(suite.radii), images=6, whole=2),
    "white-box": lambda box: replace(
        box, radii=box.radii[:1], weights=box.weights[:1], iterations=2, searched=min(box.searched, 2)
    ),
    "black-box": {"epochs": 1, "iterations": 2, "compared": 20},
    "geometry": {"images": 4, "perplexity": 2.0, "drawn": 12},
    "bound": {"among": IMAGES, "steps": 2, "searches": 1, "walks": 1},
    "adaptive": lambda known: replace(
        known, radii=one_of(known.radii), steps=1, finish=1, climb=2, restarts=1, targets=1, training=60
    ),
    "confusion": {"attack": CarliniWagner(1, 2, c=10.0), "training": 60},
}
MODULES = [printed_tables, black_box_tables, readings]  # that read stored rows


def one_of(radii: tuple[float, ...]) -> tuple[float, ...]:
    """The radius of the tables."""
    return (0.1,) if 0.1 in radii else radii[-1:]


class Narrow(Network):
    """The same kind of network, eight layers deep and four channels wide."""

    def __call__(self):
        model = preactivation_resnet(8, self.classes, self.channels, width=4)
        return with_prototypes(model, rate=0.5) if self.prototypes else model


@dataclass(frozen=True)
class ShortSuite(StandardSuite):
    """The standard suite with attacks of a step or two."""

    def attacks(self, eps):
        return dict(zip(super().attacks(eps), (Noise(eps), FGSM(eps), PGD(eps, 2), PGD(eps, 1)), strict=True))


def dataset(name: str) -> Dataset:
    """A few embedded digits, or colours, under the name of the full set."""
    if name == "mnist":
        few = load("mnist_5k")
        return replace(
            few, name=name, train=few.train.subset(slice(120)), test=few.test.subset(slice(20)), source="archive"
        )
    k = {"cifar10": 10, "cifar100": 100}[name]

    def colours(n: int, seed: int, k: int = 10) -> Split:
        x = torch.randint(256, (n, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))
        return Split(x, torch.arange(n) % k, "colours")

    parts = (colours(2 * k + 40, 0, k), colours(20, 1), colours(20, 2))
    return Dataset(name, *parts, tuple(f"class {i}" for i in range(k)), (0.5,) * 3, (0.2,) * 3, "archive")


def short(m):
    """What a measurement evaluates, at toy size."""
    how = SHORT[m.kind]
    return how(m.evaluate) if callable(how) else replace(m.evaluate, **how)


@pytest.fixture(scope="module")
def trained():
    """Every network after two batches, with its history."""
    found = {}
    for e in CHAPTER.experiments:
        torch.manual_seed(0)
        model = Narrow(8, e.model.channels, e.model.classes, e.model.prototypes)()
        sampler = Batches(32, augment=e.sampler.augment) if e.model.prototypes else SiamesePairs(16, pairs=32)
        objective = e.objective
        if objective.attack is not None:
            inner = replace(objective.attack.attack, steps=1)
            objective = replace(objective, attack=replace(objective.attack, attack=inner))
        few = dataset(e.dataset).train
        loader = sampler(few.subset(slice(64)) if e.model.prototypes else few)
        history = fit(model, loader, objective, optimizer=e.optimizer, epochs=1, progress=False)
        found[e.name] = model.eval(), history
    return found


@pytest.fixture(scope="module")
def measured(trained, tmp_path_factory):
    """The rows of every measurement, written and read."""
    found, sets = {}, {name: dataset(name) for name in ("mnist", "cifar10", "cifar100")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adaptive, "load_model", lambda name, seed, device: trained[name][0])
        patch.setattr(black_box, "preactivation_resnet", lambda depth, *shape: preactivation_resnet(8, *shape, width=4))
        for m in MEASUREMENTS.values():
            on = Subject(
                trained[m.of][0], sets[EXPERIMENTS[m.of].dataset], IMAGES, tmp_path_factory.mktemp("m"), 0, m.of
            )
            findings = short(m)(on)
            assert json.loads(json.dumps(describe(findings.attacks))).keys() == findings.attacks.keys()
            kept = json.loads(json.dumps([written(row) for row in findings.rows]))
            found[m.of, m.kind, 0] = [read(record) for record in kept]
            assert found[m.of, m.kind, 0] == list(findings.rows)
    return found


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_network_is_trained(trained, name):
    e, (_, history) = EXPERIMENTS[name], trained[name]
    assert all(torch.tensor(values).isfinite().all() for values in history.terms.values())
    assert ("proximity" in history.terms) == e.training.startswith("PCL") and "ce" in history.terms
    assert json.dumps(describe(e.recipe(1)))


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_a_measurement_gives_its_rows(measured, name):
    m = MEASUREMENTS[name]
    rows = measured[m.of, m.kind, 0]
    assert rows and all(row.metric for row in rows)
    if m.kind in ("white-box", "black-box"):
        clean = one(rows, metric="accuracy", attack="")
        assert clean.n == IMAGES
        for row in select(rows, metric="accuracy", images="", n=IMAGES):
            assert row.value <= clean.value, "an attack makes nothing right"
        wanted = {"white-box": {"BIM", "PGD", "BIM, steps of eps/4"}, "black-box": {"FGSM", "BIM", "PGD"}}[m.kind]
        assert wanted <= {row.attack for row in rows}
        for row in select(rows, metric="accuracy", norm="Linf"):
            assert row.largest_linf <= row.eps + 1e-6


def test_every_network_has_what_it_is_judged_by():
    assert {m.of for m in CHAPTER.measurements if m.kind == "standard"} == set(EXPERIMENTS)
    assert {m.of for m in CHAPTER.measurements if m.kind == "clean"} == set(EXPERIMENTS)
    assert all(registry.measurement(name) is m for name, m in MEASUREMENTS.items())


@pytest.fixture(scope="module")
def stored(measured):
    """`stored_rows` of them, each file joined with the printed numbers once."""
    rows = cache(stored_by_hand(measured))
    return lambda network, kind, seed=None: rows(network, kind, seed)


@pytest.mark.parametrize("name", CHAPTER.tables)
def test_every_table_shows_what_was_measured(stored, monkeypatch, name):
    for module in MODULES:
        monkeypatch.setattr(module, "stored_rows", stored)
    table = CHAPTER.tables[name]()
    assert str(table)
    if isinstance(table, Table):
        assert any(cell.n for cell in table.cells), "a table of nothing but the paper"
