"""Passes are counted as they happen, on the body, in either direction."""

import pytest
import torch
from torch import nn

from robustlib.attacks import FGSM, PGD
from robustlib.evaluation import cost, counting
from robustlib.models import lenet1


@pytest.fixture
def task():
    torch.manual_seed(0)
    return lenet1().eval(), torch.rand(6, 1, 28, 28), torch.arange(6)


PROBES = 2 / 6 + 1e-6  # an attack first looks, once or twice, at what the model returns for one image


def test_gradient_attacks_cost_a_pass_each_way_for_every_step(task):
    model, x, y = task
    for attack, steps in ((FGSM(0.1), 1), (PGD(0.1, steps=7), 7)):
        found = cost(model, attack, x, y)
        assert steps < found.forward <= steps + PROBES and (found.backward, found.n) == (steps, 6)
        assert found.seconds > 0


def test_an_example_that_left_early_costs_no_more(task):
    model, x, y = task
    wrong = (model(x).argmax(1) + 1) % 10
    found = cost(model, PGD(0.1, steps=7, stop_early=True, random_start=False), x, wrong)
    assert 1 < found.forward <= 1 + PROBES and found.backward == 1


def test_several_gradients_of_one_forward(task):
    model, x, _ = task
    with counting(model) as passes:
        z = model(x.requires_grad_(True))
        for k in range(3):
            torch.autograd.grad(z[:, k].sum(), x, retain_graph=True)
        with torch.no_grad():
            model(x[:2])
    assert (passes.forward, passes.backward) == (8, 3 * 6)


def test_nothing_stays_behind(task):
    model, x, y = task
    with pytest.raises(RuntimeError), counting(model):
        raise RuntimeError
    assert not model.body._forward_hooks
    plain = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    assert 1 < cost(plain, FGSM(0.1), x, y).forward <= 1 + PROBES


@pytest.mark.bad_input
def test_an_empty_batch_has_no_cost(task):
    with pytest.raises(ValueError, match="at least one image"):
        cost(task[0], FGSM(0.1), torch.zeros(0, 1, 28, 28), torch.zeros(0, dtype=torch.long))
