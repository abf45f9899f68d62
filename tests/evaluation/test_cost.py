"""Passes are counted as they happen, on the body, in either direction."""

import sys
from types import SimpleNamespace

import pytest
import torch
from attacks.minimum_norm_targets import fortress
from torch import nn

from robustlib.attacks import (
    APGD,
    APGDT,
    BIM,
    DDN,
    FAB,
    FGSM,
    ILCM,
    MIM,
    PGD,
    AutoAttack,
    CarliniWagner,
    CarliniWagnerLinf,
    DeepFool,
    FeatureMatching,
    Noise,
    Restarts,
    Square,
)
from robustlib.evaluation import cost, counting
from robustlib.models import lenet1


@pytest.fixture
def task():
    torch.manual_seed(0)
    return lenet1().eval(), torch.rand(6, 1, 28, 28), torch.arange(6)


def test_gradient_attacks_cost_a_pass_each_way_for_every_step(task):
    model, x, y = task
    for attack, steps in ((FGSM(0.1), 1), (PGD(0.1, steps=7), 7)):
        found = cost(model, attack, x, y)
        assert (found.forward, found.backward, found.n) == (steps, steps, 6)
        assert found.seconds > 0


def test_seconds_are_per_image(task, monkeypatch):
    clock = SimpleNamespace(perf_counter=iter([10.0, 13.0]).__next__)
    monkeypatch.setattr(sys.modules["robustlib.evaluation.cost"], "time", clock)
    assert cost(task[0], FGSM(0.1), *task[1:]).seconds == 0.5  # three seconds for six images


# The passes of an image that nothing breaks, of four classes: forward and backward. In the sums, 1 is a look at the
# clean image, or at the end of a run.
STANDING = {
    "FGSM": (FGSM(0.1), 1, 1),
    "BIM": (BIM(0.1, 7), 7, 7),
    "MIM": (MIM(0.1, 7), 7, 7),
    "PGD": (PGD(0.1, 7), 7, 7),
    "PGD-stop": (PGD(0.1, 7, stop_early=True), 7, 7),
    "ILCM": (ILCM(0.1, 7), 1 + 7, 7),
    "Noise": (Noise(0.1), 1, 0),
    "Restarts": (Restarts(PGD(0.1, 7), 3), 3 * (7 + 1), 3 * 7),
    "APGD": (APGD(0.1, 7), 7 + 1, 7),
    "APGDT": (APGDT(0.1, 7), 1 + 3 * (7 + 1), 3 * 7),
    "APGDT-two": (APGDT(0.1, 7, targets=2), 1 + 2 * (7 + 1), 2 * 7),
    "Square": (Square(0.1, 7), 1 + 7, 0),
    "FAB": (FAB(steps=7), 1 + 3 * (7 + 1), 3 * 7),
    "AutoAttack": (
        AutoAttack(0.1, 7, targets=2, queries=5),
        1 + (8 + 1) + (1 + 2 * 8 + 1) + (1 + 2 * 8 + 1) + (1 + 5 + 1),
        7 + 2 * 7 + 2 * 7,
    ),
    "DDN": (DDN(7), 1 + 7, 7),
    "DeepFool": (DeepFool(7), 1 + 7 + 1, 3 * 7),
    "CW": (CarliniWagner(3, 7), 1 + 3 * (7 + 1) + 8, 3 * 7),  # 8 halvings of the way back
    "CWLinf": (CarliniWagnerLinf(0.1, 7, c=0.5, largest_c=2.0), 2 * 7 + 1, 2 * 7 + 1),  # of two values of c
    "FeatureMatching": (FeatureMatching(torch.eye(4, 40), 0.1, 7, 2), 1 + 3 * (7 + 2 + 1), 3 * (7 + 2)),
}


@pytest.mark.parametrize("name", STANDING)
def test_an_image_that_stands_costs_what_the_fields_say_and_no_more(name):
    model, x, y = fortress()
    attack, forward, backward = STANDING[name]
    found = cost(model, attack, x, y)
    assert (found.forward, found.backward) == (forward, backward)


def test_an_example_that_left_early_costs_no_more(task):
    model, x, y = task
    wrong = (model(x).argmax(1) + 1) % 10
    found = cost(model, PGD(0.1, steps=7, stop_early=True, random_start=False), x, wrong)
    assert (found.forward, found.backward) == (1, 1)


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
    found = cost(plain, FGSM(0.1), x, y)
    assert (found.forward, found.backward) == (1, 1)


@pytest.mark.bad_input
def test_an_empty_batch_has_no_cost(task):
    with pytest.raises(ValueError, match="at least one image"):
        cost(task[0], FGSM(0.1), torch.zeros(0, 1, 28, 28), torch.zeros(0, dtype=torch.long))
