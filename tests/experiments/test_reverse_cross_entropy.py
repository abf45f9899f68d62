"""The runs and surveys on reverse cross-entropy from end to end at toy size, and every table of what they leave."""

import sys
from dataclasses import replace

import pytest
import torch
from experiments.toy_runs import digits
from robustlib.experiments.crafting import Crafted
from robustlib.experiments.reverse_cross_entropy import RUNS, SURVEYS, Network
from robustlib.experiments.scoring import auc_of, gamma_curve

from robustlib.datasets import Batches, Dataset
from robustlib.datasets.split import Split
from robustlib.detectors import KernelDensity
from robustlib.evaluation import Outcome
from robustlib.experiments import (
    confidence_tables,
    detection_curves,
    detection_tables,
    hidden_tables,
    judged,
    load_model,
    load_result,
    radius_tables,
    run,
    runner,
    survey,
)
from robustlib.experiments.densities import density_path, fitted_density, load_density
from robustlib.experiments.results import checkpoint_path
from robustlib.models import lenet5, preactivation_resnet

pytestmark = pytest.mark.slow
EXPERIMENTS = {e.name: e for e in RUNS}
PLANNED = {s.name: s for s in SURVEYS}


class Narrow(Network):
    """The same kind of network with one block a stage and four channels."""

    def __call__(self):
        return preactivation_resnet(8, channels=self.channels, width=4, reverse=self.reverse)


def colours(n):
    x = torch.randint(256, (n, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return Split(x, torch.arange(n) % 10, "colours")


def dataset(name):
    if name == "mnist":
        return digits(400, 30)
    return Dataset(
        "cifar10", colours(100), colours(60), colours(30), tuple("abcdefghij"), (0.5,) * 3, (0.2,) * 3, "archive"
    )


def small(name):
    e = EXPERIMENTS[name]
    network = Narrow(e.model.depth, e.model.channels, e.model.reverse)
    return replace(e, model=network, sampler=Batches(50), epochs=3, affordable=None, n=10)


SHORT = {
    "Oblivious": {"radii": (0.1, 0.2), "named": (0.2,), "saliency_radii": (0.2,), "saliency_images": 10},
    "Searched": {"binary_search_steps": 2, "steps": 3},
    "WhiteBox": {"binary_search_steps": 2, "steps": 4, "targets": 1},
    "Adaptive": {"radii": (0.3,), "climbed": 2, "neighbours": 1},
    "EmbeddingMap": {"perplexity": 3.0},
}  # fmt: skip


def short(name):
    planned = PLANNED[name]
    changes = SHORT.get(type(planned.evaluate).__name__)
    if changes is None:  # a black box: its substitutes and how they were attacked, in small too
        known = {
            k: (small(k).model, replace(w, **SHORT["WhiteBox"]), replace(a, **SHORT["Adaptive"]))
            for k, (_, w, a) in planned.evaluate.substitutes.items()
        }
        changes = {"substitutes": known, "searched": 10}
    return replace(planned, of=small(planned.of.name), evaluate=replace(planned.evaluate, **changes), n=20)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """All registered runs and surveys, in an empty folder."""
    folder = tmp_path_factory.mktemp("rce")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("RESULTS", "CHECKPOINTS", "RUNS"):
            patch.setenv(f"ROBUSTLIB_{name}", str(folder / name.lower()))
        for module in (runner, sys.modules["robustlib.experiments.survey"]):
            patch.setattr(module, "load", lambda name, device: dataset(name))
        patch.setattr(judged, "GAMMAS", (0.1, 1.0))
        yield {name: run(small(name), progress=False) for name in EXPERIMENTS} | {
            name: survey(short(name)) for name in PLANNED
        }


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_network_is_trained_and_measured(results, name):
    result = results[name]
    assert result == load_result(name) and result["outcomes"]["clean"]["n"] == 30
    (term,) = result["history"]["terms"].values()
    assert len(term) == 3 and term[-1] < term[0]
    assert load_model(small(name))(torch.rand(2, small(name).model.channels, 32, 32)).shape == (2, 10)


WANTED = {
    "oblivious": {"FGSM 0.1", "BIM 0.2", "ILCM 0.2", "JSMA 0.2", "noise 0.2"},
    "searched": {"C&W", "C&W-hc", "C&W sure"},
}


@pytest.mark.parametrize("name", [s for s in PLANNED if s.rpartition("-")[2] in WANTED])
def test_the_oblivious_surveys_have_every_cell(results, name):
    facts = results[name]["facts"]
    assert WANTED[name.rpartition("-")[2]] <= set(facts["detection"])
    for records in facts["detection"].values():
        assert set(records) == {*detection_tables.METRICS, detection_tables.CHOSEN}
        for r in records.values():
            assert r["auc"] is None if r["n"] == 0 else 0 <= r["low"] <= r["auc"] <= r["high"] <= 1
    assert facts["chosen gamma"] in (0.1, 1.0)
    assert results[name]["outcomes"]["clean"]["n"] == 20


@pytest.mark.parametrize("name", [s for s in PLANNED if s.endswith("white-box")])
def test_the_white_box_survey_tells_hidden_from_found(results, name):
    result = results[name]
    for found in result["facts"]["hidden"].values():
        assert 0 <= found["low"] <= found["share"] <= found["high"] <= 1
        assert (found["distortion"] is None) == (found["share"] == 0)
    assert result["outcomes"]["clean"]["n"] == 20


@pytest.mark.parametrize("name", [s for s in PLANNED if s.endswith("adaptive")])
def test_what_stands_can_only_become_less(results, name):
    outcomes = results[name]["outcomes"]
    first, last = outcomes["detector-aware PGD at 0.3"], outcomes["and R2 at 0.3"]
    assert last["accuracy"] <= first["accuracy"] <= outcomes["clean"]["accuracy"]
    assert last["largest_linf"] <= 0.3 + 1e-6 and last["n"] == 20


@pytest.mark.parametrize("dataset", detection_tables.SETS)
def test_the_tables_stand_beside_the_paper(results, dataset):
    first = detection_tables.table1()
    assert first.columns == list(detection_tables.SETS.values()) and len(first.rows) == 4
    row = next(r for r in first.rows if r.startswith("ResNet-32 (RCE)"))
    stored = results[f"rce-{dataset}-resnet32-rce"]["outcomes"]["clean"]
    assert first[row, detection_tables.SETS[dataset]].ours == pytest.approx(100 - 100 * stored["accuracy"])
    assert first[row, "MNIST"].paper == 0.29 and first[row, "CIFAR-10"].paper == 7.02
    second = detection_tables.table2(dataset)
    assert len(second.rows) == 12 and second.columns == [*detection_tables.METRICS, detection_tables.CHOSEN]
    assert second["C&W-hc (RCE)", "K-density"].paper == {"mnist": 99.6, "cifar10": 91.8}[dataset]
    assert len(detection_tables.caught_table(dataset).rows) == 12
    for what in ("ratio", "distortion"):
        third = hidden_tables.table3(what)
        assert third["MNIST (RCE)", "C&W-wb, as printed"].paper == {"ratio": 77.0, "distortion": 31.59}[what]


def test_the_figures_draw_what_is_stored(results):
    for dataset in detection_tables.SETS:
        curves = detection_curves.accuracy_curves(dataset, "BIM")
        assert {loss: list(curve) for loss, curve in curves.items()} == {"CE": [0.0, 0.1, 0.2], "RCE": [0.0, 0.1, 0.2]}
        stored = results[f"rce-{dataset}-resnet32-rce-oblivious"]
        assert curves["RCE"][0.2] == stored["outcomes"]["BIM 0.2"]
        for label, curve in detection_curves.gamma_curves(dataset, "BIM").items():
            assert list(curve) == [0.1, 1.0] and all(0 <= auc["auc"] <= 1 for auc in curve.values()), label
        assert set(detection_curves.distortions(dataset)) <= {"C&W", "C&W-hc", "C&W sure"}
        assert set(detection_curves.detection_records(dataset, "ce", "BIM")) <= set(detection_tables.METRICS) | {
            detection_tables.CHOSEN
        }
        radii = radius_tables.radius_table(dataset, "BIM")
        assert radii.rows == ["non-ME (CE)", "non-ME (RCE)", "K-density (CE)", "K-density (RCE)"]
        for eps in ("0.1", "0.2"):
            said = stored["facts"]["detection"][f"BIM {eps}"]["K-density"]
            assert radii["K-density (RCE)", f"eps {eps}"].n == said["n"]
            found = radii["K-density (RCE)", f"eps {eps}"].ours
            assert found is None if said["auc"] is None else found == pytest.approx(100 * said["auc"])
        left = hidden_tables.left_table(dataset)
        assert left.columns == ["eps 0.3"] and len(left.rows) == 4
        assert left["RCE, and then R2", "eps 0.3"].ours <= left["RCE, detector-aware PGD", "eps 0.3"].ours
        matched = confidence_tables.matched_table(dataset)
        assert len(matched.rows) == 6 and matched.columns[:2] == ["probability, %", "distortion"]
        facts = results[f"rce-{dataset}-resnet32-ce-searched"]["facts"]
        said = facts["detection"]["C&W-hc"]["K-density"]["auc"]
        found = matched["kappa 10 logits (CE)", "K-density"].ours
        assert found is None if said is None else found == pytest.approx(100 * said)
        for cell in hidden_tables.transfer_table(dataset).cells:
            assert cell.ours is None or 0 <= cell.ours <= 100


def test_images_of_the_digits_are_stored_and_those_of_cifar_are_not(results):
    found = detection_curves.pictures("mnist", "rce", "R1")
    assert found["x"].shape == found["x_adv"].shape and found["x"].shape[1:] == (1, 28, 28)
    moved = (found["x"] != found["x_adv"]).flatten(1).any(1)
    assert [bool(m) for m in moved] == found["hidden"]
    assert "pictures" not in results["rce-cifar10-resnet32-rce-white-box"]["facts"]


def test_table_4_stands_beside_the_paper(results):
    table = hidden_tables.table4()
    assert table["CIFAR-10, ResNet-56 (CE)", "from ResNet-32 (RCE)"].paper == 90.8
    assert table["CIFAR-10, ResNet-56 (RCE)", "from ResNet-32 (CE)"].paper == 89.1
    assert table["CIFAR-10, ResNet-56 (RCE)", "from ResNet-32 (RCE)"].paper == 84.9
    assert table["MNIST, ResNet-56 (RCE)", "from ResNet-32 (RCE)"].paper is None


def test_the_density_is_saved_beside_the_network_and_used_again(results):
    name = "rce-mnist-resnet32-rce"
    model = load_model(small(name))
    density = load_density(name, model)
    assert density_path(name).parent == checkpoint_path(name, 0).parent and density.gamma == 2.6
    assert load_density(name, model, 0.5).gamma == 0.5
    before = density_path(name).read_bytes()
    assert torch.equal(fitted_density(name, model, dataset("mnist"), 2.6).centres, density.centres)
    assert density_path(name).read_bytes() == before
    with pytest.raises(ValueError, match="another model"):
        load_density(name, load_model(small("rce-mnist-resnet32-ce")))


def test_a_gamma_curve_is_the_detectors_own():
    torch.manual_seed(0)
    model, data = lenet5().eval(), digits(200, 20)
    (x, y), right = data.test[:], torch.ones(20, dtype=torch.bool)
    made = Crafted(x, y, 1 - x, right, Outcome(~right, torch.ones(20), torch.ones(20), 0.0))
    density = KernelDensity.fit(model, data.train, 2.6)
    curve = gamma_curve(density, made, (0.1, 2.6))
    assert curve == {"0.1": auc_of(density.at(0.1), made), "2.6": auc_of(density, made)}
    kept = Crafted(x, y, x, right, Outcome(right, torch.ones(20), torch.ones(20), 0.0))
    assert gamma_curve(density, kept, (0.1,)) == {"0.1": None}
