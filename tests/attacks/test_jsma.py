"""JSMA: the pairs a double loop picks, whole runs against a naive one, closed forms on linear models, failures."""

import math
from dataclasses import replace

import pytest
import torch
from attacks.targets import batch, network
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import robustlib.chapters  # noqa: F401 (they join the registry)
from robustlib.attacks import JSMA, Relabel, least_likely, next_class, random_class, saliency
from robustlib.attacks.saliency import salient_pair, salient_pixel
from robustlib.datasets import load
from robustlib.experiments import load_model
from robustlib.losses import margin
from robustlib.models import Classifier


def naive_pair(up, down, free):
    """The first best pair of a double loop, and its score; (None, 0) if none qualifies."""
    best, pair = 0.0, None
    for p in range(len(up)):
        for q in range(p + 1, len(up)):
            a, b = up[p] + up[q], down[p] + down[q]
            if free[p] and free[q] and a > 0 and b > 0 and a * b > best:
                best, pair = a * b, {p, q}
    return pair, best


def naive_pixel(up, down, free):
    scores = [u * d if f and u > 0 and d > 0 else 0.0 for u, d, f in zip(up, down, free, strict=True)]
    best = max(scores)
    return ({scores.index(best)}, best) if best > 0 else (None, 0.0)


def changed(x_adv, x):
    return (x_adv != x).flatten(1).sum(1)


SLOPES = {
    "alike": lambda u, v: (u, u + 0.3 * v),
    "independent": lambda u, v: (u, v),
    "opposed": lambda u, v: (u, 0.2 * v - u),
    "one huge": lambda u, v: (u.clone().index_fill_(1, torch.tensor([3]), 50), v),
    "faint": lambda u, v: (1e-30 * u, 1e-25 * v),  # a product that float32 cannot hold
    "few values": lambda u, v: (u.round(), v.round()),  # ties: any of the best will do
}


@pytest.mark.parametrize("cells", [2**20, 1])
@pytest.mark.parametrize("kind", SLOPES)
def test_the_pairs_and_pixels_of_a_double_loop(kind, cells, monkeypatch):
    monkeypatch.setattr(saliency, "CELLS", cells)  # 1: one pixel against all others at a time
    torch.manual_seed(0)
    up, down = SLOPES[kind](torch.randn(40, 14), torch.randn(40, 14))
    free = torch.rand(40, 14) < torch.linspace(0, 1, 40)[:, None]
    for search, naive in ((salient_pair, naive_pair), (salient_pixel, naive_pixel)):
        picks, found = search(up, down, free)
        for i in range(40):
            row = up[i].double().tolist(), down[i].double().tolist(), free[i].tolist()
            best, score = naive(*row)
            assert found[i].item() == (best is not None)
            if best is None:
                continue
            mine = picks[i].tolist()
            assert len(set(mine)) == len(mine) and all(row[2][p] for p in mine)
            value = sum(row[0][p] for p in mine) * sum(row[1][p] for p in mine)
            assert value == pytest.approx(score, rel=1e-5)
            assert set(mine) == best or kind == "few values"
        assert 5 < found.sum() < 40


@settings(max_examples=40)
@given(st.data())
def test_no_pair_beats_the_one_picked(data):
    d = data.draw(st.integers(1, 9))
    row = st.lists(st.integers(-4, 4), min_size=d, max_size=d)
    up, down = data.draw(row), data.draw(row)
    free = data.draw(st.lists(st.booleans(), min_size=d, max_size=d))
    tensors = [torch.tensor([values], dtype=torch.float64) for values in (up, down)]
    pair, found = salient_pair(*tensors, torch.tensor([free]))
    _, best = naive_pair(up, down, free)
    assert found.item() == (best > 0)
    if best > 0:
        p, q = pair[0].tolist()
        assert p != q and (up[p] + up[q]) * (down[p] + down[q]) == best


def test_slopes_that_cancel_offer_no_pair_and_are_not_searched_one_by_one(monkeypatch):
    searched, real = [], torch.Tensor.topk
    monkeypatch.setattr(torch.Tensor, "topk", lambda *args: searched.append(1) or real(*args))
    torch.manual_seed(2)
    up = torch.randn(2, 3000)
    assert not salient_pair(up, -up * (1 + 1e-7 * torch.randn(2, 3000)), up > -9)[1].any()
    assert salient_pair(up, 0.2 * torch.randn(2, 3000) - up, up > -9)[1].all()
    assert len(searched) < 30


def test_images_of_full_size_against_the_table_of_all_pairs():
    torch.manual_seed(1)
    up, down, free = torch.randn(3, 784).double(), torch.randn(3, 784).double(), torch.rand(3, 784) < 0.8
    table = (up[:, :, None] + up[:, None]).relu() * (down[:, :, None] + down[:, None]).relu()
    table *= free[:, :, None] & free[:, None] & ~torch.eye(784, dtype=torch.bool)
    pair, found = salient_pair(up, down, free)
    cell = table.flatten(1).argmax(1)
    assert found.all() and torch.equal(pair.sort(1).values, torch.stack([cell // 784, cell % 784], 1).sort(1).values)


def naive(attack, model, x, target):
    """One image, one target, in plain Python around one Jacobian a step; the last iterate, and whether it arrived."""
    x_adv, brighter = x.clone(), attack.theta > 0
    search = naive_pair if attack.pixels == 2 else naive_pixel
    for _ in range(attack.steps):
        if model(x_adv[None]).argmax() == target:
            break
        slopes = torch.autograd.functional.jacobian(
            lambda image: model(image[None])[0].softmax(0) if attack.softmax else model(image[None])[0], x_adv
        ).flatten(1)
        left = ((1 - x_adv) if brighter else x_adv).flatten().tolist()
        size = [math.copysign(min(r, abs(attack.theta)) if attack.room else 1.0, attack.theta) for r in left]
        up = [s * u for s, u in zip(size, slopes[target].tolist(), strict=True)]
        down = [-s * v for s, v in zip(size, (slopes.sum(0) - slopes[target]).tolist(), strict=True)]
        free = [r > 1e-6 for r in left]
        picks, _ = search(up, down, free)
        if picks is None:
            order = sorted((p for p in range(len(up)) if free[p]), key=lambda p: -(up[p] + down[p]))
            picks = order[: attack.pixels]
            if not picks:
                break
        for p in picks:
            x_adv.view(-1)[p] = min(1.0, max(0.0, x_adv.view(-1)[p].item() + attack.theta))
    return x_adv, (model(x_adv[None]).argmax() == target).item()


@pytest.mark.parametrize(
    "attack",
    [
        JSMA(1.0, steps=6),
        JSMA(-0.4, steps=12),
        JSMA(0.3, pixels=1, steps=15),
        JSMA(0.6, steps=8, room=False),
        JSMA(-1.0, pixels=1, steps=40, room=False),  # longer than there are pixels that qualify
        JSMA(0.3, pixels=1, steps=15, softmax=True, room=False),
    ],
    ids=str,
)
def test_whole_runs_against_a_naive_one(attack):
    model = network().double()
    x, y = batch(network(), 8)
    x, target = x.double(), (y + 1) % 4
    runs = [naive(attack, model, x[i], target[i].item()) for i in range(8)]
    last, arrived = torch.stack([run[0] for run in runs]), torch.tensor([run[1] for run in runs])
    attack = replace(attack, targeted=True)
    torch.testing.assert_close(replace(attack, keep_last=True)(model, x, target), last, rtol=0, atol=1e-12)
    expected = torch.where(arrived[:, None, None, None], last, x)
    torch.testing.assert_close(attack(model, x, target), expected, rtol=0, atol=1e-12)
    assert arrived.any()


def linear(weight, bias=None):
    """A classifier with these weights, in double precision, on images of one row."""
    head = nn.Linear(weight.shape[1], len(weight)).double()
    with torch.no_grad():
        head.weight.copy_(weight)
        head.bias.copy_(torch.zeros(len(weight)) if bias is None else bias)
    return Classifier(nn.Flatten(), head).eval()


@pytest.mark.parametrize("pixels", [1, 2])
@pytest.mark.parametrize("theta", [1.0, -1.0])
def test_on_a_linear_model_the_fewest_pixels_that_can_do_it(theta, pixels):
    torch.manual_seed(3)
    w = torch.randn(20).double()
    model = linear(torch.stack([-w, w]), torch.tensor([w.sum() + 5, 0]))
    x = torch.rand(10, 1, 1, 20, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    y = torch.zeros(10, dtype=torch.long)
    gain = w * ((1 - x if theta > 0 else -x).flatten(1))
    need = margin(model(x), y).detach()
    assert (need < 0).all()
    over = 2 * gain.sort(1, descending=True).values.cumsum(1)[:, pixels - 1 :: pixels] > -need[:, None]
    possible, fewest = over.any(1), pixels * (over.int().argmax(1) + 1)
    x_adv = JSMA(theta, gamma=1.0, pixels=pixels)(model, x, y)
    assert torch.equal((model(x_adv).argmax(1) == 1), possible) and possible.any()
    assert torch.equal(changed(x_adv, x)[possible], fewest[possible])
    best = gain.argsort(1, descending=True)
    for i in possible.nonzero()[:, 0].tolist():
        moved = (x_adv != x)[i].flatten().nonzero()[:, 0]
        assert set(moved.tolist()) == set(best[i, : fewest[i]].tolist())
        assert (x_adv[i].flatten()[moved] == (1 if theta > 0 else 0)).all()


def test_printed_slopes_waste_steps_on_pixels_that_can_hardly_move():
    w = torch.tensor([9.0, 5.0, 4.0, 3.0, 2.0, 1.0])
    model = linear(torch.stack([-w, w]), torch.tensor([20.0, 0.0]))
    x = torch.tensor([0.95, 1.0, 0.9, 0.0, 0.0, 0.0]).double().reshape(1, 1, 1, 6)
    y = torch.tensor([0])
    moved = {}
    for room in (True, False):
        attack = JSMA(1.0, pixels=1, steps=1, room=room, keep_last=True, softmax=False)
        model.head.bias.data[0] = 60.0
        moved[room] = (attack(model, x, y) != x).flatten().nonzero().tolist()
    assert moved == {True: [[3]], False: [[0]]}  # pixel 1 is at its end, and in no search


@pytest.mark.parametrize("theta", [1.0, -1.0])
def test_pixels_at_their_end_are_left_alone(theta):
    model = network()
    x, y = batch(model, 10)
    stuck = torch.rand(x.shape, generator=torch.Generator().manual_seed(0)) < 0.7
    x[stuck] = 1.0 if theta > 0 else 0.0
    y = model(x).argmax(1)
    x_adv = JSMA(theta, gamma=1.0, keep_last=True)(model, x, y)
    assert torch.equal(x_adv[stuck], x[stuck]) and (changed(x_adv, x) > 0).all()


def test_one_pixel_left_is_moved_alone_and_none_left_is_the_end():
    w = torch.tensor([3.0, 2.0, 1.0])
    model = linear(torch.stack([-w, w]), torch.tensor([100.0, 0.0]))
    x = torch.tensor([[1.0, 0.5, 1.0], [1.0, 1.0, 1.0]]).double().reshape(2, 1, 1, 3)
    x_adv = JSMA(gamma=1.0, keep_last=True, steps=7)(model, x, torch.tensor([0, 0]))
    assert torch.equal(x_adv, torch.ones_like(x))


def test_without_keep_last_a_failure_is_the_clean_image_and_with_it_the_spent_budget():
    model = network()
    x, y = batch(model, 30)
    attack = JSMA(0.5, steps=2, targeted=True)
    target = (y + 1) % 4
    x_adv, last = attack(model, x, target), replace(attack, keep_last=True)(model, x, target)
    failed = model(last).argmax(1) != target
    assert 0 < failed.sum() < 30
    assert torch.equal(x_adv[failed], x[failed]) and torch.equal(x_adv[~failed], last[~failed])
    assert (changed(last, x)[failed] >= 2).all()


def test_more_targets_never_need_more_pixels_and_some_need_fewer():
    model = network(classes=6)
    x, y = batch(model, 25)
    counts = []
    for targets in (1, 2, 5, 99):
        x_adv = JSMA(0.5, gamma=0.5, targets=targets)(model, x, y)
        broken = model(x_adv).argmax(1) != y
        counts.append(torch.where(broken, changed(x_adv, x), 1000))
    for fewer, more in zip(counts, counts[1:], strict=False):
        assert (more <= fewer).all()
    assert (counts[2] < counts[0]).any() and torch.equal(counts[3], counts[2])
    towards = [changed_or_none(model, x, y, (y + s) % 6) for s in range(1, 6)]
    assert (counts[2] <= torch.stack(towards).amin(0)).all()  # any wrong answer ends a run, not only the target


def changed_or_none(model, x, y, target):
    x_adv = JSMA(0.5, gamma=0.5, targeted=True)(model, x, target)
    return torch.where(model(x_adv).argmax(1) == target, changed(x_adv, x), 1000)


@pytest.mark.parametrize("classes", [2, 3, 1000])
@pytest.mark.parametrize("choice", [next_class, least_likely, random_class])
def test_targets_by_rule_for_any_number_of_classes(choice, classes):
    model = network(classes=classes)
    x, y = batch(model, 6)
    torch.manual_seed(0)
    x_adv = Relabel(JSMA(-0.5, gamma=0.5, targeted=True), choice)(model, x, y)
    torch.manual_seed(0)
    target = choice(model(x), y)
    arrived = model(x_adv).argmax(1) == target
    assert torch.equal(x_adv[~arrived], x[~arrived])
    assert arrived.any() or classes == 1000


@settings(max_examples=12)
@given(
    theta=st.floats(0.1, 1.0),
    darker=st.booleans(),
    gamma=st.floats(0.05, 1.0),
    pixels=st.sampled_from([1, 2]),
    seed=st.integers(0, 99),
)
def test_no_more_pixels_than_gamma_allows_and_all_in_one_direction(theta, darker, gamma, pixels, seed):
    model = network()
    x, y = batch(model, 4, seed=seed)
    x_adv = JSMA(-theta if darker else theta, gamma, pixels, keep_last=True)(model, x, y)
    assert (changed(x_adv, x) <= max(pixels, gamma * 40 + 1e-6)).all()
    assert x_adv.min() >= 0 and x_adv.max() <= 1 and (changed(x_adv, x) > 0).any()
    assert ((x_adv <= x) if darker else (x_adv >= x)).all()


def test_two_backwards_a_step_however_many_classes(monkeypatch):
    calls, real = [], torch.autograd.grad
    monkeypatch.setattr(torch.autograd, "grad", lambda *args, **kwargs: calls.append(1) or real(*args, **kwargs))
    model = network(classes=50)
    x, y = batch(model, 3)
    JSMA(0.01, steps=4, targeted=True)(model, x, (y + 1) % 50)
    assert len(calls) == 8


def test_on_a_trained_network_few_pixels_are_enough_and_room_needs_fewer():
    model = load_model("rr-lenet-softmax")
    x, y = load("mnist_5k").test[:24]
    counts = {}
    for room in (True, False):
        x_adv = JSMA(room=room)(model, x, y)
        broken = model(x_adv).argmax(1) != y
        counts[room] = torch.where(broken, changed(x_adv, x), 784).float()
    assert (counts[True] < 784).sum() >= 23 and counts[True].median() <= 30
    assert counts[True].mean() < counts[False].mean()


@pytest.mark.bad_input
def test_flat_vectors():
    model = nn.Sequential(nn.Linear(12, 8), nn.Tanh(), nn.Linear(8, 3)).eval()
    x = torch.rand(5, 12, generator=torch.Generator().manual_seed(0))
    y = model(x).argmax(1)
    x_adv = JSMA(gamma=1.0, targets=2)(model, x, y)
    square = nn.Sequential(nn.Flatten(), model)
    assert torch.equal(JSMA(gamma=1.0, targets=2)(square, x.reshape(5, 1, 3, 4), y).flatten(1), x_adv)
    assert x_adv.shape == (5, 12)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"theta": 0.0}, "theta in .*not 0.*got theta=0"),
        ({"theta": 1.5}, "got theta=1.5"),
        ({"theta": float("nan")}, "got theta=nan"),
        ({"gamma": 0.0}, "gamma in .0, 1., got .*gamma=0"),
        ({"gamma": 1.1}, "gamma=1.1"),
        ({"pixels": 3}, "pixels=1 or pixels=2.*got 3"),
        ({"steps": 0}, "steps >= 1 .*got 0"),
        ({"targets": 0}, "targets >= 1.*and 0"),
    ],
    ids=str,
)
def test_fields_out_of_range(fields, words):
    with pytest.raises(ValueError, match=words):
        JSMA(**fields)
