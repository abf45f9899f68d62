"""A generator and a critic trained by `fit`: interrupted in an epoch and resumed, it ends with the same weights."""

import torch

from robustlib.datasets import Batches, load
from robustlib.models import WGAN
from robustlib.objectives import WGANGP
from robustlib.training import Adam, fit


def train(path, budget=float("inf")):
    torch.manual_seed(0)
    model = WGAN(4, 0.03)
    digits = load("mnist_5k").train.subset(slice(40))
    history = fit(
        model, Batches(8)(digits), WGANGP(critic_steps=3), optimizer=Adam(1e-3, (0.0, 0.9)), epochs=2,
        checkpoint=path, time_budget=budget, progress=False,
    )  # fmt: skip
    return model, history


def test_interrupted_after_every_step_it_ends_as_one_left_alone(tmp_path):
    alone, history = train(None)
    calls = 0
    while True:
        calls += 1
        model, resumed = train(tmp_path / "run.pt", budget=0.0)
        if resumed.finished:
            break
    assert calls >= 9, "five batches an epoch, two epochs; at the end of an epoch it goes on"
    assert model.steps == 10 and resumed.terms == history.terms
    assert set(history.terms) == {"critic", "penalty", "generator"}
    for ours, theirs in zip(model.state_dict().values(), alone.state_dict().values(), strict=True):
        assert torch.equal(ours, theirs)
