"""The networks that are compared differ in one term: what else a step does is the same."""

from dataclasses import replace

import pytest
import torch

from robustlib.attacks import BIM
from robustlib.chapters.at2l.runs import ENSEMBLES, TERMS, on_cifar10, on_mnist, resnet8
from robustlib.models import lenet5

STEP = BIM(8 / 255, 1)  # without chance


def step(experiment, model, x, y):
    """The terms of a batch, and what batch-norm remembers of it."""
    objective = replace(experiment.objective, attack=STEP)
    return objective(model.train(), x, y), {k: v.clone() for k, v in model.named_buffers() if "running" in k}


@pytest.fixture
def batch():
    torch.manual_seed(0)
    return torch.rand(8, 3, 32, 32), torch.arange(8) % 4


@pytest.mark.parametrize("term", [t for t in TERMS if t != "none"])
def test_beside_a_term_batch_norm_averages_over_what_it_does_without(term, batch):
    torch.manual_seed(1)
    model = resnet8()
    start = {k: v.clone() for k, v in model.state_dict().items()}
    without, seen = step(on_cifar10("none"), model, *batch)
    model.load_state_dict(start)
    with_it, seen_too = step(on_cifar10(term), model, *batch)
    assert seen and all(torch.equal(seen[k], seen_too[k]) for k in seen)
    assert set(without) == {"adversarial"} < set(with_it)
    torch.testing.assert_close(without["adversarial"], with_it["adversarial"])


@pytest.mark.parametrize("term", TERMS)
def test_a_network_without_batch_norm_has_one_cross_entropy_whatever_passes(term):
    torch.manual_seed(0)
    x, y, model = torch.rand(8, 1, 28, 28), torch.arange(8) % 4, lenet5()
    expected, _ = step(on_mnist("none", 0.2), model, x, y)
    found, _ = step(on_mnist(term, 0.2), model, x, y)
    torch.testing.assert_close(found["adversarial"], expected["adversarial"])


def test_no_batch_of_two_classes_is_so_short_that_it_may_hold_one():
    of_two = [e for e in ENSEMBLES if e.dataset == "cats_vs_dogs"]
    assert of_two and all(e.sampler.drop_last for e in of_two)
