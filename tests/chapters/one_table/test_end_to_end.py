"""Every network and every measurement from end to end at toy size."""

import json
from dataclasses import replace

import pytest
import torch

import robustlib.chapters  # noqa: F401 (they join the registry)
from robustlib.attacks import FGSM, PGD, Noise, climb, pgd
from robustlib.chapters.one_table import CHAPTER, distance_and_cost, on_cifar10, own
from robustlib.chapters.one_table.measures import MEASUREMENTS
from robustlib.chapters.one_table.methods import BY_KEY, METHODS, PREFIX, RADII
from robustlib.chapters.one_table.own import Own
from robustlib.chapters.one_table.runs import COMPARED, LONGER, SEEDS
from robustlib.datasets import Batches, Dataset, SiamesePairs, Split, Triplets, load
from robustlib.describe import describe
from robustlib.experiments import Subject, one, registry, select, standard_suite
from robustlib.experiments.rows import read, written
from robustlib.experiments.standard_suite import WORST, StandardSuite
from robustlib.training import fit

pytestmark = pytest.mark.slow
TERMS = {
    "ce": {"ce"}, "smoothing": {"smoothed"}, "jacobian": {"ce", "jacobian"}, "rce": {"rce"}, "dundi": {"triplet"},
    "madnet": {"ce", "siamese", "variance", "jacobian"}, "pcl": {"ce", "proximity", "separation"},
    "rr": {"triplet", "ce"}, "nfgsm": {"adversarial"}, "pgd": {"adversarial"}, "trades": {"clean", "divergence"},
    "at2l": {"clean", "adversarial", "triplet"}, "at2l-without": {"clean", "adversarial"},
}  # fmt: skip
TERMS = {prefix + key: terms for key, terms in TERMS.items() for prefix in (PREFIX, on_cifar10.PREFIX)}
TERMS |= {"table-lenet-trades": {"clean", "divergence"}, "table-lenet-adversarial": {"adversarial"}}
EXPERIMENTS = CHAPTER.experiments
READ_BY = {prefix + m.key: m.defense for m in METHODS for prefix in (PREFIX, on_cifar10.PREFIX)}
SMALL = {Batches: Batches(40), SiamesePairs: SiamesePairs(20, pairs=60), Triplets: Triplets(40, tuples=120, seed=0)}


def digits() -> Dataset:
    """A few embedded digits under the name of the full set: a whole batch, and oracles for each class."""
    few = load("mnist_5k")
    rows = torch.cat([(few.train.y == c).nonzero()[:13, 0] for c in range(10)])
    return replace(few, name="mnist", train=few.train.subset(rows), test=few.test.subset(slice(8)))


def colours() -> Dataset:
    """A batch of noise under the name of CIFAR-10, and other noise to be attacked."""

    def split(n: int, seed: int) -> Split:
        x = torch.randint(256, (n, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))
        return Split(x, torch.arange(n) % 10, "colours")

    parts = (split(100, 0), split(10, 1), split(8, 2))
    return Dataset("cifar10", *parts, tuple(f"class {i}" for i in range(10)), (0.5,) * 3, (0.2,) * 3, "archive")


SETS = {"mnist": digits, "cifar10": colours}


@pytest.fixture(scope="module", autouse=True)
def short_attacks():
    """No climb longer than two steps, and FGSM in the place of AutoAttack; noise for DDN."""
    whole = climb.climb
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pgd, "climb", lambda attack, *a: whole(replace(attack, steps=min(2, attack.steps)), *a))
        patch.setattr(standard_suite, "AutoAttack", lambda eps, precision: FGSM(eps))
        patch.setattr(distance_and_cost, "DDN", lambda steps: Noise(0.5))
        patch.setattr(own, "Restarts", lambda attack, n: replace(attack, steps=2))
        yield


@pytest.fixture(scope="module")
def trained():
    """Every network after three batches from the same seed, with its history."""
    found, sets = {}, {name: make() for name, make in SETS.items()}
    for e in EXPERIMENTS:
        torch.manual_seed(0)
        model = e.model()
        options = {"optimizer": e.optimizer, "epochs": 1, "schedule": e.schedule_for(1), "precision": e.precision}
        history = fit(model, SMALL[type(e.sampler)](sets[e.dataset].train), e.objective, progress=False, **options)
        found[e.name] = model.eval(), history
    return found


@pytest.fixture(scope="module")
def measured(trained, tmp_path_factory):
    """The rows of every measurement, written and read again."""
    found, sets = {}, {name: make() for name, make in SETS.items()}
    for m in MEASUREMENTS:
        on = Subject(
            trained[m.of][0], sets[registry.experiment(m.of).dataset], 8, tmp_path_factory.mktemp(m.name), 0, m.of
        )
        evaluate = m.evaluate
        if isinstance(evaluate, StandardSuite):
            evaluate = replace(evaluate, images=8, whole=4)
        rows = evaluate(on).rows
        found[m.of, m.kind, 0] = [read(json.loads(json.dumps(written(row)))) for row in rows]
        assert found[m.of, m.kind, 0] == list(rows)
    return found


@pytest.mark.parametrize("e", EXPERIMENTS, ids=lambda e: e.name)
def test_a_network_is_trained(trained, e):
    model, history = trained[e.name]
    assert set(history.terms) == TERMS[e.name] and all(len(v) == 1 for v in history.terms.values())
    torch.manual_seed(0)
    assert any(not torch.equal(a, b) for a, b in zip(model.parameters(), e.model().parameters(), strict=True))
    assert json.dumps(describe(e.recipe(1)))


@pytest.mark.parametrize("m", MEASUREMENTS, ids=lambda m: m.name)
def test_a_measurement_gives_rows_inside_their_radius(measured, m):
    rows = select(measured[m.of, m.kind, 0], metric="accuracy")
    assert all(row.largest_linf <= (row.eps or 0) + 1e-6 for row in rows)
    assert {row.defense for row in rows} == {READ_BY.get(m.of, "")}
    if m.kind == "standard":
        assert one(rows, attack="").n == 8
        assert [one(rows, attack=WORST, eps=eps).n for eps in m.evaluate.radii] == [4] * len(RADII)
    elif m.kind == "own":
        assert [one(rows, attack=m.evaluate.attack, eps=eps).n for eps in m.evaluate.radii] == [8] * len(RADII)
    else:
        assert one(rows, images="all test images").n == 8
        assert one(measured[m.of, m.kind, 0], metric="distortion").norm == "L2"


def test_passes_of_a_step_are_those_counted_by_hand(measured):
    """Forward and backward of each image: k steps of an attack are k of both, and looks without a step are extra."""
    found = {m.key: one(measured[m.network, "distance-and-cost", 0], metric="passes of an image") for m in METHODS}
    images = {key: row.value for key, row in found.items()}
    right = {"ce": 2, "smoothing": 2, "jacobian": 3, "rce": 2, "dundi": 6, "madnet": 3, "pcl": 2, "rr": 2, "nfgsm": 4}
    right |= {"pgd": 6, "trades": 9, "at2l": 8, "at2l-without": 8}  # two steps here; ten are 22, 25, 24 and 24
    assert {key: pytest.approx(images[key]) for key in right} == right


def test_all_are_trained_alike_but_for_what_the_method_is():
    """One schedule, one optimiser, as many steps, three seeds, one radius."""
    recipes = {e.name: describe(e.recipe(5)) for e in COMPARED}
    for name in ("dataset", "optimizer", "schedule", "precision"):
        assert len({json.dumps(recipe[name], sort_keys=True) for recipe in recipes.values()}) == 1, name
    assert {(e.epochs, e.affordable, e.seeds, e.architecture) for e in COMPARED} == {(50, 5, SEEDS, "LeNet-5")}
    assert {e.sampler.count(55_000) for e in COMPARED} == {430}
    assert {e.name for e in COMPARED if '"attack"' in json.dumps(recipes[e.name])} == {
        m.network for m in METHODS if m.attacked
    }
    for m in METHODS:
        if m.attacked:
            assert registry.experiment(m.network).objective.attack.eps == max(RADII)


def test_cifar10_has_the_same_methods_trained_alike_at_its_radius():
    """Each recipe differs from that of its digits in the network, the augmentation and the radius alone."""
    assert [e.name for e in on_cifar10.EXPERIMENTS] == [on_cifar10.PREFIX + m.key for m in METHODS]
    recipes = {e.name: describe(e.recipe(5)) for e in on_cifar10.EXPERIMENTS}
    for name in ("dataset", "optimizer", "schedule", "precision"):
        assert len({json.dumps(recipe[name], sort_keys=True) for recipe in recipes.values()}) == 1, name
    assert {e.sampler.count(45_000) for e in on_cifar10.EXPERIMENTS} == {352}
    for m, e in zip(METHODS, on_cifar10.EXPERIMENTS, strict=True):
        digits_ = registry.experiment(m.network)
        assert type(e.objective) is type(digits_.objective) and (e.label, e.seeds) == (m.label, SEEDS)
        assert e.sampler.augment is not None and (e.start.name if e.start else "") == (m.after and "table-cifar10-ce")
        if m.attacked:
            assert e.objective.attack.eps == max(on_cifar10.RADII) == 8 / 255


def test_controls_differ_in_the_objective_only():
    for pair in (LONGER, [registry.experiment(BY_KEY[key].network) for key in ("at2l", "at2l-without")]):
        one_, other = (describe(e.recipe(5)) for e in pair)
        assert {k for k in one_ if one_[k] != other[k]} == {"objective"}
        assert one_["objective"]["attack"] == other["objective"]["attack"]


def test_the_network_that_is_tuned_comes_after_cross_entropy_of_the_same_seed():
    starts = {e.name: e.start.name for e in COMPARED if e.start}
    assert starts == {BY_KEY["rr"].network: BY_KEY["ce"].network}


def test_the_own_attack_of_every_method_is_in_the_registry_and_is_aimed():
    owns = {m.of: m.evaluate.attack for m in MEASUREMENTS if isinstance(m.evaluate, Own)}
    assert owns == {prefix + m.key: m.own for m in METHODS if m.own for prefix in (PREFIX, on_cifar10.PREFIX)}
    known = {name for chapter in registry.chapters() for name in chapter.attacks}
    assert set(owns.values()) <= known


def test_prototypes_are_asked_of_a_network_that_has_them(trained, tmp_path):
    on = Subject(trained[BY_KEY["ce"].network][0], digits(), 8, tmp_path, 0, "ce")
    with pytest.raises(TypeError, match="no prototypes beside its head"):
        own.prototypes(on)


def test_the_longer_runs_train_at_the_radius_that_the_source_prints():
    """Zhang et al. 2019, section 5.3.1: MNIST, perturbation 0.3, step 0.01, 40 steps."""
    for e in LONGER:
        said = describe(e.objective)["attack"]
        assert (said.get("eps", PGD().eps), said["alpha"], said.get("steps", PGD().steps)) == (0.3, 0.01, 40)
    assert max(RADII) == 0.3 and {e.epochs for e in LONGER} == {100} and len({e.affordable for e in LONGER}) == 1
