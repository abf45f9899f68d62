"""Schedules: exact factors at named moments, and that a run really uses them."""

import math

import pytest
import torch
from torch import nn

from robustlib.datasets import Batches, Split
from robustlib.training import SGD, Adam, Constant, Cosine, OneCycle, Steps, fit


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Constant(), {0: 1, 0.5: 1, 0.999: 1}),
        (Steps(), {0: 1, 0.499: 1, 0.5: 0.1, 0.74: 0.1, 0.75: 0.01, 0.999: 0.01}),
        (Steps(at=(0.25,), drop=0.5), {0.24: 1, 0.25: 0.5, 0.9: 0.5}),
        (Cosine(), {0: 1, 1 / 3: 0.75, 0.5: 0.5, 2 / 3: 0.25}),
        (OneCycle(), {0: 0.1, 0.15: 0.55, 0.3: 1, 0.65: 0.5, 0.93: 0.1}),
        (OneCycle(peak=0.5, start=0), {0: 0, 0.25: 0.5, 0.5: 1, 0.75: 0.5}),
    ],
    ids=repr,
)
def test_factors(schedule, expected):
    for t, factor in expected.items():
        assert math.isclose(schedule(t), factor, abs_tol=1e-12), t


@pytest.mark.parametrize("schedule", [Steps(), Cosine(), OneCycle()], ids=repr)
def test_every_step_moves_by_the_scheduled_rate(schedule):
    """The loss is the weight itself, so that one SGD step moves it by exactly the learning rate."""
    split = Split(torch.zeros(8, 1, 1, 1, dtype=torch.uint8), torch.zeros(8, dtype=torch.int64), "toy")
    model, seen = nn.Linear(1, 1, bias=False), []

    def weight(model, x, y):
        seen.append(model.weight.item())
        return {"weight": model.weight.sum()}

    fit(model, Batches(2)(split), weight, optimizer=SGD(0.5, momentum=0), epochs=3, schedule=schedule, progress=False)
    seen.append(model.weight.item())
    moves = [before - after for before, after in zip(seen, seen[1:], strict=False)]
    assert moves == pytest.approx([0.5 * schedule(i / 12) for i in range(12)], abs=1e-6)


def test_optimizers_carry_their_fields():
    weight = [nn.Parameter(torch.ones(1))]
    sgd = SGD(0.2, momentum=0.5, weight_decay=0.1, nesterov=True)(weight).param_groups[0]
    assert (sgd["lr"], sgd["momentum"], sgd["weight_decay"], sgd["nesterov"]) == (0.2, 0.5, 0.1, True)
    adam = Adam(0.3, betas=(0.5, 0.6), weight_decay=0.2)(weight).param_groups[0]
    assert (adam["lr"], adam["betas"], adam["weight_decay"]) == (0.3, (0.5, 0.6), 0.2)
