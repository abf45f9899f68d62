"""Every network and every measurement of the chapter from end to end at toy size, and the tables of what they leave."""

import json
from dataclasses import dataclass, replace

import pytest
import torch
from chapters.reverse_cross_entropy.ten_images import digits

from robustlib.attacks import FGSM, PGD, Noise
from robustlib.chapters.reverse_cross_entropy import (
    CHAPTER,
    against_noise,
    black_box,
    curves,
    detector_attack_tables,
    detector_scores,
    every_detector,
    tables,
    verdict_tables,
    white_box_tables,
)
from robustlib.chapters.reverse_cross_entropy.runs import Network
from robustlib.datasets import Batches, Dataset, Split
from robustlib.describe import describe
from robustlib.evaluation import accuracy
from robustlib.experiments import Subject, registry
from robustlib.experiments.break_it import BreakIt
from robustlib.experiments.card_rows import Card
from robustlib.experiments.printed import join, reported
from robustlib.experiments.results import checkpoint_path
from robustlib.experiments.rows import one, read, select, written
from robustlib.experiments.standard_suite import StandardSuite
from robustlib.models import preactivation_resnet, save_weights
from robustlib.training import fit

pytestmark = pytest.mark.slow
EXPERIMENTS = {e.name: e for e in CHAPTER.experiments}
# Cards run at toy size in the chapter on judging a defence, targets in tests/experiments and tests/labs.
MEASUREMENTS = {m.name: m for m in CHAPTER.measurements if not isinstance(m.evaluate, Card | BreakIt)}


class Narrow(Network):
    """The same kind of network with one block a stage and four channels."""

    def __call__(self):
        return preactivation_resnet(8, channels=self.channels, width=4, reverse=self.reverse)


@dataclass(frozen=True)
class ShortSuite(StandardSuite):
    """The standard suite with attacks of a step or two."""

    def attacks(self, eps):
        return dict(zip(super().attacks(eps), (Noise(eps), FGSM(eps), PGD(eps, 2), PGD(eps, 1)), strict=True))


def colours(n):
    x = torch.randint(256, (n, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return Split(x, torch.arange(n) % 10, "colours")


def dataset(name):
    if name == "mnist":
        return digits(400, 30)
    return Dataset(
        "cifar10", colours(100), colours(60), colours(30), tuple("abcdefghij"), (0.5,) * 3, (0.2,) * 3, "archive"
    )


WHITE_BOX = {"binary_search_steps": 2, "steps": 4, "targets": 1}
ADAPTIVE = {"radii": (0.3,), "steps": 2, "targets": 1}
SHORT = {
    "clean": {},
    "oblivious": {"radii": (0.16, 0.2), "named": (0.16,), "saliency_radii": (0.2,), "saliency_images": 10},
    "carlini-wagner": {"binary_search_steps": 2, "steps": 3},
    "white-box": WHITE_BOX,
    "adaptive": ADAPTIVE,
    "map": {"perplexity": 3.0},
    "guarded": {"radii": (0.05, 0.1), "steps": 2, "restarts": 1, "margin_steps": 2},
    "search": {"binary_search_steps": 2, "steps": 3, "targets": 1},
    "noise": {},
}


def short(measurement):
    """What it measures, with attacks of a few steps."""
    evaluate = measurement.evaluate
    if measurement.kind in ("standard", "bare"):
        return ShortSuite(evaluate.radii[:1], images=6, whole=2)
    if measurement.kind == "black-box":
        known = {
            name: (replace(white_box, **WHITE_BOX), replace(adaptive, **ADAPTIVE))
            for name, (white_box, adaptive) in evaluate.substitutes.items()
        }
        return replace(evaluate, substitutes=known, carlini_wagner_images=10)
    return replace(evaluate, **SHORT[measurement.kind])


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """The networks, and the rows of every measurement of them, written and read."""
    folder, networks, rows = tmp_path_factory.mktemp("rce"), {}, []
    with pytest.MonkeyPatch.context() as patch:
        for name in ("RESULTS", "CHECKPOINTS", "RUNS"):
            patch.setenv(f"ROBUSTLIB_{name}", str(folder / name.lower()))
        patch.setattr(black_box, "load_model", lambda name, seed, device: networks[name])
        for module in (detector_scores, every_detector, against_noise):
            patch.setattr(module, "GAMMAS", (0.1, 1.0))
        for e in CHAPTER.experiments:
            torch.manual_seed(0)
            networks[e.name] = model = Narrow(e.model.depth, e.model.channels, e.model.reverse)()
            history = fit(model, Batches(50)(dataset(e.dataset).train), e.objective, optimizer=e.optimizer, epochs=3)
            (term,) = history.terms.values()
            assert len(term) == 3 and term[-1] < term[0]
            save_weights(model.eval(), checkpoint_path(e.name, 0))
        for m in MEASUREMENTS.values():
            e, evaluate = EXPERIMENTS[m.of], short(m)
            (own := folder / m.name).mkdir()
            found = evaluate(Subject(networks[m.of], dataset(e.dataset), 20, own, 0, m.of))
            assert json.loads(json.dumps(describe(found.attacks))).keys() == found.attacks.keys()
            of = {"network": m.of, "measurement": m.kind, "dataset": e.dataset, "model": e.architecture}
            kept = json.loads(json.dumps([written(row) for row in found.rows]))
            rows += [read(record, **of, training=e.training) for record in kept]
        rows = join(rows, reported("rce"))

        def stored_rows(network, kind, seed=0):
            return select(rows, network=network, measurement=kind)

        for module in (tables, white_box_tables, curves, verdict_tables, detector_attack_tables):
            patch.setattr(module, "stored_rows", stored_rows)
        yield networks, rows


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_a_measurement_gives_its_rows(measured, name):
    networks, rows = measured
    kind, of = MEASUREMENTS[name].kind, MEASUREMENTS[name].of
    found = select(rows, network=of, measurement=kind)
    clean = one(found, metric="accuracy", attack="")
    if kind == "clean":
        assert clean.value == accuracy(networks[of], dataset(EXPERIMENTS[of].dataset).test) and clean.n == 30
        assert [r.attack for r in found] == ["", "noise", "FGSM"] and found[1].n == 20
    else:
        assert clean.n == (6 if kind in ("standard", "bare") else 20)
    wanted = {
        "oblivious": ["FGSM", "BIM", "ILCM", "JSMA", "noise"],
        "carlini-wagner": ["C&W", "C&W-hc", "C&W at 99 %"],
        "white-box": ["C&W-wb as printed", "C&W-wb by log-sum-exp", "detector-aware C&W"],
        "adaptive": ["detector-aware PGD", "detector-aware PGD, then feature matching"],
        "black-box": ["C&W-wb as printed", "detector-aware PGD", "feature matching"],
        "guarded": ["detector-aware PGD"],
        "noise": ["noise", "FGSM", "BIM"],
    }
    if kind in wanted:
        assert list(dict.fromkeys(r.attack for r in found if r.attack)) == wanted[kind]
    for row in select(found, metric="distortion"):
        assert (row.value is None) == (row.n == 0)
    if kind == "adaptive":
        first, last = (one(found, attack=a, eps=0.3) for a in wanted[kind])
        assert last.value <= first.value <= clean.value and last.largest_linf <= 0.3 + 1e-6 and last.n == 20


def test_what_goes_beyond_the_paper_has_a_number_in_every_cell(measured):
    guarded = detector_attack_tables.guarded_table()
    assert len(guarded.rows) == 8 and all(cell.n == 20 for cell in guarded.cells)
    for row in guarded.rows:
        assert sum(guarded[row, verdict].ours for verdict in guarded.columns) == pytest.approx(200)  # two radii
    search = detector_attack_tables.search_table()
    assert len(search.rows) == 8 and all(cell.n is not None for cell in search.cells)
    assert all(cell.n is not None for cell in detector_attack_tables.noise_table().cells)


@pytest.mark.parametrize("name", tables.SETS)
def test_every_table_shows_what_was_measured(measured, name):
    _, rows = measured
    stored = one(rows, network=tables.network(name, "RCE"), measurement="clean", attack="")
    first, second = tables.table1(), tables.table2(name)
    row = next(r for r in first.rows if r.startswith("ResNet-32 (RCE)"))
    assert first[row, tables.SETS[name]].ours == pytest.approx(100 - 100 * stored.value)
    assert len(second.rows) == 12 and second.columns == [*tables.METRICS, tables.CHOSEN]
    assert second["C&W-hc (RCE)", "K-density"].paper == {"mnist": 99.6, "cifar10": 91.8}[name]
    radius, demand = tables.radius_table(name, "BIM"), tables.demand_table(name)
    assert radius.columns == ["eps 0.16", "eps 0.2"] and len(radius.rows) == 4
    assert len(demand.rows) == 6 and demand.columns[:2] == ["probability, %", "distortion"]
    assert len(tables.detection_rate_table(name).rows) == (12 if name == "mnist" else 6)  # C&W, and JSMA nearest
    assert white_box_tables.adaptive_table(name).columns == ["eps 0.3" if name == "mnist" else "eps 76.5/255"]
    for cell in (*white_box_tables.transfer_table(name).cells, *white_box_tables.table4().cells):
        assert cell.n is not None, cell
    for what in ("ratio", "distortion"):
        cells = white_box_tables.table3(what).cells
        measured_here = [cell for cell in cells if cell.ours is not None and "the paper's" not in cell.column]
        assert measured_here and all(cell.n is not None for cell in measured_here)


def test_images_of_the_digits_are_stored_and_those_of_cifar_are_not(measured):
    found = curves.pictures("mnist", "RCE")
    assert found["x"].shape == found["x_adv"].shape and found["x"].shape[1:] == (1, 28, 28)
    moved = (found["x"] != found["x_adv"]).flatten(1).any(1)
    assert [bool(m) for m in moved] == found["fooled"]
    with pytest.raises(KeyError):
        curves.pictures("cifar10", "RCE")


def test_every_network_is_measured_and_every_name_is_in_the_registry():
    assert {m.of for m in CHAPTER.measurements} == set(EXPERIMENTS)
    assert all(registry.measurement(name) is m for name, m in MEASUREMENTS.items())
    sources = {"rce-mnist-resnet32-ce", "rce-mnist-resnet32-rce"}
    assert set(MEASUREMENTS["rce-mnist-resnet56-ce-black-box"].needs) == sources
