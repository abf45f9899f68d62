"""Every network and every measurement of the chapter from end to end at toy size, and what is stored of them."""

import json
from dataclasses import replace

import pytest
import torch
from chapters.stored_by_hand import stored_by_hand

from robustlib.attacks import DDN, FGSM, AutoAttack, bim, climb, feature_matching, pgd
from robustlib.chapters.dundi import (
    attacked_tables,
    rule_sweep,
    source_images,
    tables,
    transfer,
    unit_white_box,
    white_box,
)
from robustlib.chapters.dundi.least_distance import DISTANCE, LeastDistance
from robustlib.chapters.dundi.measures import MEASUREMENTS, RADII
from robustlib.chapters.dundi.oracles import OracleAccuracy
from robustlib.chapters.dundi.rule_sweep import RuleSweep
from robustlib.chapters.dundi.runs import EXPERIMENTS, NETWORKS, R1, R3, SLOWER, DistanceNetwork
from robustlib.chapters.dundi.source_images import SOURCES, said
from robustlib.chapters.dundi.transfer import BayesianDetection, TransferAccuracy
from robustlib.chapters.dundi.unit_white_box import UnitWhiteBox
from robustlib.chapters.dundi.white_box import OracleWhiteBox, SoftmaxWhiteBox
from robustlib.datasets import Batches, Dataset, Triplets, data_folder, load
from robustlib.describe import describe
from robustlib.experiments import Subject, select, standard_suite
from robustlib.experiments.clean import CleanAccuracy
from robustlib.experiments.printed import printed, reported, without_counterpart
from robustlib.experiments.rows import read, written
from robustlib.experiments.standard_suite import StandardSuite
from robustlib.models import Classifier, feinman_cnn, lenet1
from robustlib.training import fit

BY_NAME = {e.name: e for e in EXPERIMENTS}
N = 12  # more than there are classes, so that two are of one


def digits(name: str = "mnist") -> Dataset:
    """A few embedded digits under the name of a full set."""
    few = load("mnist_5k")
    return replace(few, name=name, train=few.train.subset(slice(300)), test=few.test.subset(slice(N)))


def short(evaluate):
    """The same measure with the least of everything."""
    changes = {
        OracleAccuracy: {"sizes": (1, 10), "draws": 2}, StandardSuite: {"radii": (0.3,), "images": N, "whole": 4},
        OracleWhiteBox: {"radii": (0.3,), "queries": 3, "restarts": 1, "unknown": 1}, CleanAccuracy: {},
        SoftmaxWhiteBox: {"radii": (0.3,), "restarts": 1}, BayesianDetection: {"passes": 2},
        TransferAccuracy: {"sizes": (1, 10), "draws": 2}, LeastDistance: {"steps": 2},
        UnitWhiteBox: {"radii": (0.3,), "restarts": 1, "steps": 2},
        RuleSweep: {"settings": ((1, 1, 5), (10, 3, 5)), "draws": 2, "moved": 4, "steps": 2},
    }[type(evaluate)]  # fmt: skip
    if hasattr(evaluate, "source"):
        changes["source"] = replace(evaluate.source, images=N, saliency_images=2)
    return replace(evaluate, **changes)


@pytest.fixture(scope="module", autouse=True)
def toy_size(tmp_path_factory):
    """No climb longer than two steps, FGSM in the place of AutoAttack, folders of its own."""
    folder, whole = tmp_path_factory.mktemp("dundi"), climb.climb
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CHECKPOINTS", "RUNS"):
            patch.setenv(f"ROBUSTLIB_{name}", str(folder / name.lower()))
        for module in (bim, feature_matching, pgd):
            patch.setattr(module, "climb", lambda attack, *a: whole(replace(attack, steps=min(2, attack.steps)), *a))
        patch.setattr(standard_suite, "AutoAttack", lambda eps, precision: FGSM(eps))
        yield


@pytest.fixture(scope="module")
def trained():
    """Every network on the smallest base, after a few batches; a start comes before what is trained on top of it."""
    found = {}
    for e in EXPERIMENTS:
        torch.manual_seed(0)
        deep = isinstance(e.model, DistanceNetwork)
        model = replace(e.model, base=lenet1)() if deep else feinman_cnn() if "feinman" in e.name else lenet1()
        if e.start is not None:
            model.body[0].module.load_state_dict(found[e.start.name][0].body.state_dict())
        sampler = Triplets(30, tuples=90, seed=0) if isinstance(e.sampler, Triplets) else Batches(50)
        options = {"optimizer": e.optimizer, "epochs": 1, "schedule": e.schedule_for(1), "precision": e.precision}
        found[e.name] = model, fit(model, sampler(digits().train), e.objective, progress=False, **options)
        model.eval()
    return found


@pytest.fixture(scope="module")
def measured(trained, tmp_path_factory):
    """The rows of every measurement, written and read again."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        for module in (transfer, white_box, rule_sweep, unit_white_box):
            patch.setattr(module, "load_model", lambda name, seed, device: trained[name][0])
        for m in MEASUREMENTS:
            data = digits(BY_NAME[m.of].dataset)
            on = Subject(trained[m.of][0], data, N, tmp_path_factory.mktemp(m.name), 0, m.of)
            rows = short(m.evaluate)(on).rows
            found[m.of, m.kind, 0] = [read(json.loads(json.dumps(written(row)))) for row in rows]
            assert found[m.of, m.kind, 0] == list(rows)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("e", EXPERIMENTS, ids=lambda e: e.name)
def test_a_network_is_trained(trained, e):
    model, history = trained[e.name]
    assert all(len(v) == 1 and v[0] >= 0 for v in history.terms.values()) and history.terms
    assert model(torch.rand(2, 1, 28, 28)).shape == (2, 128 if isinstance(e.model, DistanceNetwork) else 10)
    if e.start is not None:  # what lies below the embedding stays the start's
        for name, tensor in trained[e.start.name][0].body.state_dict().items():
            assert torch.equal(tensor, model.body[0].module.state_dict()[name])


@pytest.mark.slow
@pytest.mark.parametrize("m", MEASUREMENTS, ids=lambda m: m.name)
def test_a_measurement_gives_rows_inside_their_radius(measured, m):
    accuracies, far = (select(measured[m.of, m.kind, 0], metric=metric) for metric in ("accuracy", DISTANCE))
    if isinstance(m.evaluate, LeastDistance):
        assert len(far) > 2 and all(row.value is None or 0 < row.value < 28 for row in far)
        return
    assert accuracies and all(
        row.largest_linf is None or row.largest_linf <= (row.eps or 1) + 1e-6 for row in accuracies
    )
    assert any(row.attack == "" and row.n == N for row in accuracies)
    for row in select(accuracies, attack=("worst case", standard_suite.WORST)):
        same = select(accuracies, norm="Linf", eps=row.eps, n=row.n)
        assert row.value == min(other.value for other in same)


@pytest.mark.slow
def test_the_tables_show_every_measured_network(measured, monkeypatch):
    for module in (tables, attacked_tables):
        monkeypatch.setattr(module, "stored_rows", stored_by_hand(measured))
        monkeypatch.setattr(module, "schedule", lambda network, seed=0: "1 of 1 epochs, CPU")
    for dataset, networks in tables.NETWORKS.items():
        first = tables.table1(dataset)
        assert all(
            c.ours is not None for c in first.cells if c.applies and c.column in ("softmax", "1 oracle", "10 oracles")
        )
        assert len(first.rows) == len(networks)
        for table in (attacked_tables.figure6(dataset), attacked_tables.white_box(dataset, 0.3)):
            assert len(table.rows) >= len(networks) and all(c.ours is not None for c in table.cells if c.applies)
    for table in (tables.table2(), attacked_tables.figure7(), attacked_tables.lengths(0.3)):
        assert all(cell.ours is not None for cell in table.cells)
    assert len(tables.transfer_curve("dundi-mnist-r1", "iFGSM-b")) == 5 and len(tables.figure5()) == 4


def test_every_network_has_a_native_one_and_a_source():
    for m in MEASUREMENTS:
        assert set(m.needs) <= set(BY_NAME)
        if isinstance(m.evaluate, OracleWhiteBox):
            assert BY_NAME[m.evaluate.native].model == BY_NAME[m.of].model.base
            assert BY_NAME[m.evaluate.native].dataset == BY_NAME[m.of].dataset and m.needs == (m.evaluate.native,)
        if hasattr(m.evaluate, "source"):
            assert BY_NAME[m.evaluate.source.network].dataset == BY_NAME[m.of].dataset
    assert sum(isinstance(e.model, DistanceNetwork) for e in NETWORKS) == 6 + 1 + 4 + 5
    assert {name for names in tables.NETWORKS.values() for name in names} | set(tables.LISTS) <= set(BY_NAME)
    assert set(attacked_tables.LENGTHS) <= set(BY_NAME)


def test_every_printed_number_has_a_row_of_ours_or_a_reason():
    mapped = {(number.table, number.line) for number in reported("dundi")}
    for path in sorted((data_folder() / "paper_tables").glob("dundi_*.csv")):
        table = path.stem.removeprefix("dundi_")
        for line, record in enumerate(printed("dundi", table), 1):
            known = {table, f"{table}:{line}"} & set(without_counterpart("dundi"))
            assert bool(known) != ((table, line) in mapped) or not record["value"], f"{table}, line {line}"


def today(m) -> dict:
    """The attacks that a measurement would build today; networks and oracles do not matter."""
    if isinstance(m.evaluate, OracleWhiteBox):
        net, oracles = (
            Classifier(torch.nn.Flatten(), torch.nn.Flatten()),
            (torch.zeros(100, 128), torch.arange(100) % 10),
        )
        plans = {eps: m.evaluate.plans(eps, net, net, net, oracles) for eps in RADII[BY_NAME[m.of].dataset]}
        return {said(name, eps): attack for eps, attacks in plans.items() for name, attack in attacks.items()}
    if isinstance(m.evaluate, SoftmaxWhiteBox):
        return {said(name, eps): a for eps in m.evaluate.radii for name, a in m.evaluate.plans(eps).items()}
    if isinstance(m.evaluate, CleanAccuracy):
        return {
            f"noise {m.evaluate.eps:g}": standard_suite.Noise(m.evaluate.eps),
            f"FGSM {m.evaluate.eps:g}": FGSM(m.evaluate.eps),
        }
    if isinstance(m.evaluate, OracleAccuracy):
        return {}
    net = Classifier(torch.nn.Flatten(), torch.nn.Flatten())
    if isinstance(m.evaluate, LeastDistance):
        return m.evaluate.attacks(net, net)
    if isinstance(m.evaluate, UnitWhiteBox):
        plans = {eps: m.evaluate.plans(eps, net, net, net) for eps in m.evaluate.radii}
        return {said(name, eps): attack for eps, attacks in plans.items() for name, attack in attacks.items()}
    if isinstance(m.evaluate, RuleSweep):
        attacks = m.evaluate.source.attacks()
        return {said(*key): attack for key, attack in attacks.items()} | {"DDN": DDN(m.evaluate.steps)}
    if isinstance(m.evaluate, StandardSuite):
        with pytest.MonkeyPatch.context() as patch:  # the whole AutoAttack, which the toys go without
            patch.setattr(standard_suite, "AutoAttack", AutoAttack)
            return {f"{name} {eps:g}": a for eps in m.evaluate.radii for name, a in m.evaluate.attacks(eps).items()}
    attacks = m.evaluate.source.attacks(smaller=isinstance(m.evaluate, TransferAccuracy))
    return {said(*key): attack for key, attack in attacks.items()}


def without_networks(described):
    """Networks and oracles are described by a hash."""
    if not isinstance(described, dict):
        return described
    return {k: without_networks(v) for k, v in described.items() if k not in ("source", "means", "labels")}


STORED = {m.name: m for m in MEASUREMENTS if (data_folder() / "results" / m.name / "seed0.json").is_file()}


@pytest.mark.parametrize("name", STORED)
def test_what_was_measured_is_what_the_code_would_measure_today(name):
    stored = json.loads((data_folder() / "results" / name / "seed0.json").read_text())
    assert stored["evaluation"] == json.loads(json.dumps(describe(STORED[name].evaluate)))
    assert stored["n"] == STORED[name].n
    assert without_networks(stored["attacks"]) == without_networks(
        json.loads(json.dumps(describe(today(STORED[name]))))
    )


def test_the_networks_that_others_are_derived_from():
    assert (R1.name, R3.name, SLOWER.name) == ("dundi-mnist-r1", "dundi-mnist-r3", "dundi-mnist-r3-slower")


def test_the_source_is_as_released():
    """Feinman et al. 2017: eps 0.3 and steps of 0.01 on MNIST, 0.05 and 0.005 on CIFAR-10."""
    for name, eps, step in (("mnist", 0.3, 0.01), ("cifar10", 0.05, 0.005)):
        attacks = SOURCES[name].attacks(smaller=True)
        assert attacks["iFGSM-a", eps].stop_early and attacks["iFGSM-a", eps].alpha == step
        assert not attacks["iFGSM-b", eps].stop_early and attacks["iFGSM-b", eps].steps == 50
        assert sorted(at for of, at in attacks if of == "FGSM") == pytest.approx([eps * k / 6 for k in (1, 2, 3, 4, 6)])
        assert source_images.said("FGSM", eps) == f"FGSM {eps}" and transfer.HELD_OUT
