"""Networks and measurements of every kind of the chapter from end to end at toy size."""

import json
from dataclasses import replace

import pytest
import torch

from robustlib.attacks import FGSM, bim, climb, pgd
from robustlib.chapters.at2l import measures, static_adaptive
from robustlib.chapters.at2l.adaptive import Adaptive
from robustlib.chapters.at2l.curvature import Curvature
from robustlib.chapters.at2l.measures import MEASUREMENTS, Paired, PhotographSuite
from robustlib.chapters.at2l.runs import EXPERIMENTS
from robustlib.chapters.at2l.static_adaptive import StaticAndAdaptive
from robustlib.datasets import Batches, Crafted, Dataset, Split, load
from robustlib.describe import describe
from robustlib.experiments import Subject, one, select, standard_suite
from robustlib.experiments.clean import CleanAccuracy
from robustlib.experiments.rows import read, written
from robustlib.experiments.standard_suite import WORST, StandardSuite
from robustlib.training import craft_sets, fit

pytestmark = pytest.mark.slow
N = 12
# Networks of every kind: set, term, plan. A start comes before what is tuned from it.
NAMES = (
    *(f"at2l-mnist-pgd-0.2-{term}" for term in ("none", "at2l", "tla", "rr", "rr-stopped")),
    "at2l-cifar10-nfgsm-tla", "at2l-mnist-a", "at2l-mnist-b", "at2l-mnist-c", "at2l-mnist-d",
    *(f"at2l-mnist-a-known-gradient-at2l-{k}" for k in (1, 2, 3)),
    "at2l-mnist-a-known-fgsm-triplet-1", "at2l-mnist-c-unknown-optimisation-at-1",
    "at2l-mnist-a-known-gradient-at2l-alpha-2-1",
    "at2l-pets-vgg", "at2l-pets-resnet", "at2l-pets-vgg-unknown-gradient-at-1",
)  # fmt: skip
BY_NAME = {e.name: e for e in EXPERIMENTS}
CHOSEN = [m for m in MEASUREMENTS if m.of in NAMES]
SHORT = {
    StandardSuite: {"images": 6, "whole": 4}, PhotographSuite: {"images": 6, "whole": 4}, CleanAccuracy: {},
    Paired: {"steps": 2, "targets": 2}, StaticAndAdaptive: {"few": 6, "steps": 2}, Curvature: {"points": 3},
    Adaptive: {"steps": 2, "restarts": 1, "queries": 3, "negatives": 40},
}  # fmt: skip


def few(name: str) -> Dataset:
    """A few images under the name of a full set."""
    if name == "mnist":
        digits = load("mnist_5k")
        return replace(digits, name=name, train=digits.train.subset(slice(80)), test=digits.test.subset(slice(N)))
    size, classes = (32, 10) if name == "cifar10" else (64, 2)
    x = torch.randint(256, (40, 3, size, size), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    y = torch.arange(40) % classes
    parts = [Split(x[:n], y[:n], f"{name}/{part}") for part, n in (("train", 40), ("validation", N), ("test", N))]
    return Dataset(name, *parts, tuple("abcdefghij")[:classes], (0.5,) * 3, (0.2,) * 3, "archive")


@pytest.fixture(scope="module", autouse=True)
def toy_size(tmp_path_factory):
    """No climb longer than two steps, FGSM in the place of AutoAttack, folders of its own."""
    folder, whole = tmp_path_factory.mktemp("at2l"), climb.climb
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CHECKPOINTS", "RUNS"):
            patch.setenv(f"ROBUSTLIB_{name}", str(folder / name.lower()))
        for module in (bim, pgd):
            patch.setattr(module, "climb", lambda attack, *a: whole(replace(attack, steps=min(2, attack.steps)), *a))
        patch.setattr(standard_suite, "AutoAttack", lambda eps, precision: FGSM(eps))
        yield


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The networks after a few batches, with their histories."""
    found = {}
    for e in (BY_NAME[name] for name in NAMES):
        data = few(e.dataset).train
        torch.manual_seed(0)
        model = e.model()
        if e.start is not None:
            model.load_state_dict(found[e.start.name][0].state_dict())
        sampler = Batches(20)
        if e.crafted is not None:
            sources = {name: found[name][0] for name in e.crafted.sources}
            sources |= {"itself": model} if e.crafted.itself else {}
            own = {name: replace(a, steps=2) if "steps" in vars(a) else a for name, a in e.crafted.attacks.items()}
            data = craft_sets(own, sources, data, tmp_path_factory.mktemp(e.name), images=20, progress=False)
            assert len(data.sets) == len(own) * len(sources)
            sampler = Crafted(10)
        options = {"optimizer": e.optimizer, "epochs": 1, "schedule": e.schedule_for(1), "precision": e.precision}
        found[e.name] = model, fit(model, sampler(data), e.objective, progress=False, **options)
        model.eval()
    return found


@pytest.fixture(scope="module")
def measured(trained, tmp_path_factory):
    """The rows of every measurement of them, written and read again."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(static_adaptive, "load_model", lambda name, seed, device: trained[name][0])
        for m in CHOSEN:
            on = Subject(trained[m.of][0], few(BY_NAME[m.of].dataset), N, tmp_path_factory.mktemp(m.name), 0, m.of)
            told = replace(m.evaluate, **SHORT[type(m.evaluate)])(on)
            assert json.dumps(describe(told.attacks))
            found[m.name] = [read(json.loads(json.dumps(written(row)))) for row in told.rows]
            assert found[m.name] == list(told.rows)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_network_is_trained_with_its_terms(trained, name):
    terms = set(trained[name][1].terms)
    if "triplet" in name:
        assert terms == {"clean", "triplet"}
    elif BY_NAME[name].crafted:
        assert terms == {"clean", "adversarial"} | ({"triplet"} if "-at2l" in name[5:] else set())
    elif name.startswith("at2l-mnist-pgd"):
        assert terms == {"adversarial"} | {"none": set(), "tla": {"triplet", "lengths"}}.get(name[19:], {"triplet"})
    assert all(len(v) == 1 and v[0] >= 0 for v in trained[name][1].terms.values())


@pytest.mark.parametrize("m", CHOSEN, ids=lambda m: m.name)
def test_a_measurement_gives_rows_inside_their_radius(measured, m):
    rows = measured[m.name]
    accuracies = select(rows, metric="accuracy")
    assert all(row.largest_linf <= (row.eps or 0) + 1e-6 for row in accuracies)
    assert m.kind == "curvature" or one(accuracies, attack="").n in (6, N)
    for worst in select(accuracies, attack=("worst case", WORST)):
        assert worst.value == min(r.value for r in select(accuracies, eps=worst.eps, n=worst.n))
    if isinstance(m.evaluate, StaticAndAdaptive):
        clean = m.of == m.evaluate.source
        assert {r.source for r in rows if r.attack} == ({""} if clean else {"", m.evaluate.source})
        assert {r.attack for r in rows} == {"", "FGSM", "LL", "I-FGSM", "I-LL", "C&W"}
    if m.kind == "curvature":
        assert {r.metric for r in rows} == {"curvature", "relative curvature", "gradient norm", "common shift"}


def test_every_kind_was_tried():
    assert {m.kind for m in CHOSEN} | {"known-8", "unknown-8"} == {m.kind for m in MEASUREMENTS}
    assert {type(m.evaluate) for m in CHOSEN} == {type(m.evaluate) for m in MEASUREMENTS}
    assert {m.evaluate.eps for m in MEASUREMENTS if m.kind == "paired"} == {0.1, 0.2, 0.3, 8 / 255}
    assert max(measures.SUITE["mnist"]) == 0.3
