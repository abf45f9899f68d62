"""The loop: it learns, computes what a loop by hand computes, and stops where it must."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from robustlib.datasets import Batches, Split, load
from robustlib.evaluation import accuracy
from robustlib.files import read_state
from robustlib.models import Classifier, lenet1
from robustlib.objectives import CrossEntropy, RobustRepresentations
from robustlib.training import SGD, Adam, Constant, OneCycle, fit


@pytest.fixture(scope="module")
def digits():
    return load("mnist_5k")


@pytest.fixture
def few(digits):
    return digits.train.subset(slice(60))


def small() -> Classifier:
    torch.manual_seed(5)
    body = nn.Sequential(nn.Conv2d(1, 3, 5, 3), nn.ReLU(), nn.Conv2d(3, 4, 3, 2), nn.ReLU(), nn.Flatten())
    return Classifier(body, nn.Linear(36, 10))


def weights(model: nn.Module) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def test_real_digits_are_learnt(digits):
    torch.manual_seed(0)
    model = lenet1()
    assert accuracy(model, digits.test) < 0.3
    history = fit(model, Batches(64)(digits.train), CrossEntropy(), optimizer=Adam(3e-3), epochs=3, progress=False)
    assert history["ce"][0] > history["ce"][1] > history["ce"][2] < 0.25
    assert accuracy(model, digits.test) > 0.9
    assert history.finished and len(history.seconds) == 3 and min(history.seconds) > 0


def test_history_holds_the_mean_of_each_term_in_each_epoch(few):
    called = []

    def counted(model, x, y):
        called.append(float(len(called)))
        zero = 0 * model(x).sum()
        return {"count": zero + called[-1], "rows": zero + len(x)}

    history = fit(small(), Batches(25)(few), counted, optimizer=SGD(), epochs=2, progress=False)
    assert history["count"] == [1.0, 4.0]
    assert history["rows"] == [20.0, 20.0]
    with pytest.raises(KeyError, match=r"no term 'ce'.*\['count', 'rows'\]"):
        history["ce"]


def test_an_objective_with_several_terms_minimises_their_sum(few):
    history = fit(small(), Batches(30)(few), RobustRepresentations(), optimizer=Adam(), epochs=2, progress=False)
    assert set(history.terms) == {"triplet", "ce"} and all(len(v) == 2 for v in history.terms.values())
    once, twice = small(), small()
    loader, options = Batches(30, shuffle=False)(few), {"optimizer": SGD(0.01), "epochs": 2, "progress": False}
    fit(once, loader, lambda m, x, y: {"a": 3 * m(x).square().mean()}, **options)
    fit(twice, loader, lambda m, x, y: {name: w * m(x).square().mean() for name, w in (("a", 1), ("b", 2))}, **options)
    torch.testing.assert_close(weights(twice), weights(once), atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("optimizer", [SGD(0.05, weight_decay=1e-3), Adam(1e-2)], ids=repr)
@pytest.mark.parametrize("schedule", [Constant(), OneCycle()], ids=repr)
def test_float32_equals_a_loop_by_hand_bit_for_bit(few, optimizer, schedule):
    ours = small()
    torch.manual_seed(1)
    fit(ours, Batches(25)(few), CrossEntropy(), optimizer=optimizer, epochs=3, schedule=schedule, progress=False)

    theirs = small()
    torch.manual_seed(1)
    if isinstance(optimizer, SGD):
        steps = torch.optim.SGD(theirs.parameters(), 0.05, momentum=0.9, weight_decay=1e-3)
    else:
        steps = torch.optim.Adam(theirs.parameters(), 1e-2)
    rate = optimizer.lr
    for epoch in range(3):
        for i, rows in enumerate(torch.randperm(60).split(25)):
            steps.param_groups[0]["lr"] = rate * schedule((epoch + i / 3) / 3)
            x = few.x.index_select(0, rows).float() / 255  # x[rows] has other strides, and convolutions other last bits
            loss = F.cross_entropy(theirs(x), few.y[rows])
            steps.zero_grad()
            loss.backward()
            steps.step()
    assert torch.equal(weights(ours), weights(theirs))


def test_clip_bounds_the_norm_of_the_whole_gradient(few):
    loader, rate = Batches(60, shuffle=False)(few), 0.1
    model, clipped, loose = small(), small(), small()
    x, y = few[:]
    F.cross_entropy(model(x), y).backward()
    g = torch.cat([p.grad.flatten() for p in model.parameters()])
    assert g.norm() > 0.02
    options = {"optimizer": SGD(rate, momentum=0), "epochs": 1, "progress": False}
    fit(clipped, loader, CrossEntropy(), clip=0.01, **options)
    fit(loose, loader, CrossEntropy(), clip=1e6, **options)
    torch.testing.assert_close(weights(clipped), weights(model) - rate * 0.01 * g / g.norm(), atol=1e-8, rtol=1e-5)
    torch.testing.assert_close(weights(loose), weights(model) - rate * g, atol=1e-8, rtol=1e-5)


@pytest.mark.parametrize("clip", [None, 1.0])
def test_autocast_runs_in_bfloat16_and_stays_near_float32(few, clip):
    seen = []

    def watched(model, x, y):
        seen.append(model.features(x).dtype)
        return CrossEntropy()(model, x, y)

    exact, rough = small(), small()
    for model, kind in ((exact, None), (rough, torch.bfloat16)):
        torch.manual_seed(2)
        fit(model, Batches(20)(few), watched, optimizer=SGD(0.05), epochs=2, precision=kind, clip=clip, progress=False)
    assert seen == [torch.float32] * 6 + [torch.bfloat16] * 6
    assert all(p.dtype == torch.float32 for p in rough.parameters())
    gap = (weights(rough) - weights(exact)).norm()
    assert 0 < gap < 0.2 * (weights(exact) - weights(small())).norm()


def test_float16_is_refused_and_the_way_out_named(few):
    with pytest.raises(ValueError, match=r'"fast", torch\.bfloat16.* got torch\.float16'):
        fit(small(), Batches(20)(few), CrossEntropy(), optimizer=SGD(), epochs=1, precision=torch.float16)


def test_channels_last_gives_the_same_weights(few):
    plain, last = small(), small()
    for model, flag in ((plain, False), (last, True)):
        torch.manual_seed(3)
        fit(model, Batches(20)(few), CrossEntropy(), optimizer=SGD(), epochs=2, channels_last=flag, progress=False)
    assert last.body[2].weight.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(weights(last), weights(plain), atol=1e-5, rtol=1e-4)


def test_frozen_parameters_stay(few):
    model = small()
    model.body.requires_grad_(False)
    before = [p.clone() for p in model.body.parameters()]
    head = model.head.weight.detach().clone()
    fit(model, Batches(20)(few), CrossEntropy(), optimizer=SGD(weight_decay=0.1), epochs=1, progress=False)
    assert all(torch.equal(a, b) for a, b in zip(before, model.body.parameters(), strict=True))
    assert not torch.equal(head, model.head.weight) and model.training


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_the_run_and_saves_nothing_of_it(few, tmp_path, bad):
    def breaks(model, x, y):
        calls.append(1)
        ce = CrossEntropy()(model, x, y)["ce"]
        return {"fine": ce, "broken": ce * bad if len(calls) == 5 else ce}

    breaks.__qualname__ = "breaks"  # a local function has no stable name, which a checkpoint needs
    calls: list[int] = []
    path = tmp_path / "run.pt"
    options = {"optimizer": SGD(0.01), "epochs": 3, "checkpoint": path, "save_every": 0.0, "progress": False}
    with pytest.raises(FloatingPointError, match=r"'broken' is (nan|inf) at epoch 1, batch 1: lower the learning rate"):
        fit(small(), Batches(20)(few), breaks, **options)
    saved = read_state(path, "state", "")
    assert saved["at"]["epoch"] == 1 and saved["at"]["step"] == 1
    assert all(t.isfinite().all() for t in saved["model"].values())


def test_no_epochs_train_nothing_and_fewer_are_an_error(few):
    model = small()
    history = fit(model, Batches(20)(few), CrossEntropy(), optimizer=SGD(), epochs=0, progress=False)
    assert torch.equal(weights(model), weights(small())) and history.finished and not history.terms
    with pytest.raises(ValueError, match="epochs=-1"):
        fit(model, Batches(20)(few), CrossEntropy(), optimizer=SGD(), epochs=-1)


@pytest.mark.parametrize("sampler", [Batches(20), Batches(90, drop_last=True)], ids=repr)
def test_a_loader_without_a_batch_is_an_error(few, sampler):
    images = few if sampler.drop_last else Split(few.x[:0], few.y[:0], "nothing")
    with pytest.raises(ValueError, match="at least one batch, got epochs=1, 0 batches"):
        fit(small(), sampler(images), CrossEntropy(), optimizer=SGD(), epochs=1)
