"""`DecayWeights`: what decays, by one step, and that a run with it resumes."""

import pytest
import torch
from torch import nn

from robustlib.datasets import Batches, Split
from robustlib.models import Classifier
from robustlib.objectives import CrossEntropy
from robustlib.training import SGD, Adam, DecayWeights, Steps, fit


def network():
    torch.manual_seed(0)
    body = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten())
    model = Classifier(body, nn.Linear(8, 3))
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.5)  # batch-norm's shifts and the biases too are away from 0: a decay would show
    return model


def split():
    generator = torch.Generator().manual_seed(0)
    x = torch.randint(256, (24, 1, 4, 4), dtype=torch.uint8, generator=generator)
    return Split(x, torch.arange(24) % 3, "toy")


def test_one_step_decays_weights_only():
    """With a gradient of zero a step is the decay alone: w <- w - rate * decay * w."""
    model = network()
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    steps = DecayWeights(SGD(0.5, momentum=0.0, weight_decay=0.2))(model.parameters())
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    steps.step()
    decayed = {name for name, p in model.named_parameters() if not torch.equal(p, before[name])}
    assert decayed == {"body.0.weight", "head.weight"}
    for name, p in model.named_parameters():
        torch.testing.assert_close(p.detach(), before[name] * (0.9 if name in decayed else 1.0))


def test_without_decay_it_is_the_plain_optimiser():
    runs = []
    for optimizer in (SGD(0.1, nesterov=True), DecayWeights(SGD(0.1, nesterov=True))):
        model = network()
        steps = optimizer(model.parameters())
        for _ in range(3):
            steps.zero_grad()
            model(split()[:][0]).square().sum().backward()
            steps.step()
        runs.append(torch.cat([p.detach().flatten() for p in model.parameters()]))
    assert torch.equal(*runs)


@pytest.mark.parametrize("inner", [SGD(0.3, 0.5, 0.1, True), Adam(0.3, (0.5, 0.6), 0.1)], ids=["sgd", "adam"])
def test_both_groups_have_the_fields_and_every_parameter_is_in_one(inner):
    model = network()
    decayed, others = DecayWeights(inner)(model.parameters()).param_groups
    assert (decayed["weight_decay"], others["weight_decay"]) == (0.1, 0.0)
    for field in ("lr", "momentum", "nesterov", "betas"):
        assert decayed.get(field) == others.get(field) == getattr(inner, field, None)
    found = [id(p) for group in (decayed, others) for p in group["params"]]
    assert sorted(found) == sorted(id(p) for p in model.parameters())
    assert DecayWeights(inner).lr == inner.lr == 0.3


def test_a_network_without_biases_has_one_group():
    assert len(DecayWeights(SGD(weight_decay=0.1))(nn.Linear(2, 2, bias=False).parameters()).param_groups) == 1


def test_the_schedule_reaches_both_groups():
    """The loss is the sum of a weight and a bias, so that one step moves each by the learning rate."""
    model, seen = nn.Linear(1, 1), []

    def total(model, x, y):
        seen.append((model.weight.item(), model.bias.item()))
        return {"sum": model.weight.sum() + model.bias.sum()}

    loader = Batches(12)(split())
    fit(model, loader, total, optimizer=DecayWeights(SGD(0.5, 0.0)), epochs=2, schedule=Steps(), progress=False)
    seen.append((model.weight.item(), model.bias.item()))
    for before, after, rate in zip(seen, seen[1:], [0.5, 0.5, 0.05, 0.005], strict=False):
        assert [b - a for b, a in zip(before, after, strict=True)] == pytest.approx([rate, rate], abs=1e-6)


def test_a_run_stopped_after_every_batch_ends_with_the_same_weights(tmp_path):
    def train(path, **options):
        model = network()
        torch.manual_seed(7)
        optimizer = DecayWeights(SGD(0.05, weight_decay=0.1))
        history = fit(
            model, Batches(8)(split()), CrossEntropy(), optimizer=optimizer, epochs=2, schedule=Steps(),
            checkpoint=path, progress=False, **options,
        )  # fmt: skip
        return model, history

    whole, _ = train(None)
    stopped = 0
    for _ in range(10):
        model, history = train(tmp_path / "run.pt", time_budget=0.0)
        if history.finished:
            break
        stopped += 1
    assert stopped == 6
    assert all(torch.equal(a, b) for a, b in zip(whole.state_dict().values(), model.state_dict().values(), strict=True))


def test_a_checkpoint_with_the_plain_optimiser_is_of_another_run(tmp_path):
    options = {"epochs": 1, "checkpoint": tmp_path / "run.pt", "progress": False}
    fit(network(), Batches(8)(split()), CrossEntropy(), optimizer=SGD(0.05, weight_decay=0.1), **options)
    with pytest.raises(ValueError, match=r"another run[\s\S]*DecayWeights"):
        decay = DecayWeights(SGD(0.05, weight_decay=0.1))
        fit(network(), Batches(8)(split()), CrossEntropy(), optimizer=decay, **options)
