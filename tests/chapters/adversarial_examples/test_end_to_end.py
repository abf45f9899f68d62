"""Both networks and their suite from end to end at toy size."""

import json
from dataclasses import replace

import pytest
import torch

from robustlib.attacks import FGSM, climb, pgd
from robustlib.chapters.adversarial_examples.measures import MEASUREMENTS, RADII
from robustlib.chapters.adversarial_examples.readings import NETWORKS
from robustlib.chapters.adversarial_examples.readings import RADII as READ
from robustlib.chapters.adversarial_examples.runs import EXPERIMENTS, STANDARD, TRAINED
from robustlib.datasets import Batches, Dataset, load
from robustlib.describe import describe
from robustlib.experiments import Subject, one, select, standard_suite
from robustlib.experiments.standard_suite import WORST, StandardSuite
from robustlib.figures.page.network import packed
from robustlib.training import fit

pytestmark = pytest.mark.slow
TOY = {StandardSuite: StandardSuite(RADII, images=8, whole=4)}


def digits() -> Dataset:
    """A few embedded digits under the name of the full set."""
    few = load("mnist_5k")
    return replace(few, name="mnist", train=few.train.subset(slice(80)), test=few.test.subset(slice(8)))


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
    """Both networks after two batches, the second from the weights of the first, with their histories."""
    found, data, model = {}, digits(), None
    for e in EXPERIMENTS:
        before = model and {k: v.clone() for k, v in model.state_dict().items()}
        torch.manual_seed(0)
        model = e.model()
        if e.start:
            model.load_state_dict(before)
        options = {"optimizer": e.optimizer, "epochs": 1, "schedule": e.schedule_for(1), "precision": e.precision}
        history = fit(model, Batches(40)(data.train), e.objective, progress=False, **options)
        found[e.name] = model.eval(), history
    return found


@pytest.mark.parametrize(("e", "term"), zip(EXPERIMENTS, ("ce", "adversarial"), strict=True), ids=lambda v: str(v)[:20])
def test_a_network_is_trained_and_the_page_can_carry_it(trained, e, term):
    model, history = trained[e.name]
    assert set(history.terms) == {term} and history.terms[term][0] > 0
    torch.manual_seed(0)
    assert any(not torch.equal(a, b) for a, b in zip(model.parameters(), e.model().parameters(), strict=True))
    assert len(packed(model)["sha256"]) == 64 and json.dumps(describe(e.recipe(1)))


def test_the_pair_differs_in_the_training_only():
    assert (STANDARD.start, TRAINED.start) == (None, STANDARD)
    one_, other = (describe(e.recipe(5)) for e in EXPERIMENTS)
    assert {k for k in one_ if one_[k] != other[k]} == {"objective", "start"}
    attack = describe(TRAINED.objective)["attack"]
    assert attack["attack"]["steps"] == 10, "the page says ten steps, and a radius between 0.1 and 0.3"
    assert (TRAINED.objective.attack.low, TRAINED.objective.attack.high, TRAINED.objective.weight) == (0.1, 0.3, 1.0)


@pytest.mark.parametrize("m", MEASUREMENTS, ids=lambda m: m.name)
def test_the_suite_gives_rows_inside_their_radius(trained, m, tmp_path):
    rows = TOY[type(m.evaluate)](Subject(trained[m.of][0], digits(), 8, tmp_path, 0, m.of)).rows
    found = select(rows, metric="accuracy")
    assert all(row.largest_linf <= (row.eps or 0) + 1e-6 for row in found)
    assert one(found, attack="").n == 8
    assert [one(found, attack=WORST, eps=eps).n for eps in RADII] == [4] * len(RADII)


def test_every_network_has_its_suite_and_is_read():
    measured = {m.of for m in MEASUREMENTS if m.kind == "standard"}
    assert measured == {e.name for e in EXPERIMENTS} == set(NETWORKS.values())
    assert READ == RADII, "readings reads what measures measures"
