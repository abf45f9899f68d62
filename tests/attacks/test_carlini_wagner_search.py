"""How Carlini and Wagner search: neighbours, warm starts, who leaves when, reduced precision, refusals."""

from dataclasses import dataclass, field, replace

import pytest
import torch
from attacks.targets import batch, count, network
from attacks.test_carlini_wagner import QUICK, affine, images

from robustlib.attacks import DDN, PGD, CarliniWagner, Restarts
from robustlib.attacks.climb import is_broken
from robustlib.geometry import L2
from robustlib.losses import margin

BRIEF = CarliniWagner(3, 12, 0.05, 1)
WARM = replace(BRIEF, warm_start=PGD(0.3, 4, random_start=False))


@pytest.mark.parametrize("attack", [BRIEF, WARM], ids=["cold", "warm"])
def test_neighbours_change_nothing(attack):
    model = network()
    x, y = batch(model, 6)
    whole = attack(model, x, y)
    alone = torch.cat([attack(model, x[i : i + 1], y[i : i + 1]) for i in range(len(x))])
    torch.testing.assert_close(alone, whole, rtol=0, atol=1e-4)
    mixed = attack(model, x, torch.where(torch.arange(6) < 3, (y + 1) % 4, y))  # three leave at once
    torch.testing.assert_close(mixed[3:], whole[3:], rtol=0, atol=1e-4)
    assert len(L2().size(whole - x).unique()) == 6


@dataclass(frozen=True, eq=False)
class Spy:
    """A warm start that records what it was given, and goes a fixed way."""

    shift: torch.Tensor
    targeted: bool = False
    clip: bool = True
    seen: list = field(default_factory=list)

    def __call__(self, model, x, y):
        self.seen.append(len(x))
        return (x + self.shift).clamp(0, 1) if self.clip else x + self.shift


def test_a_warm_start_is_where_the_search_starts_and_the_farthest_it_ends():
    model = network()
    x, y = batch(model)
    far = PGD(0.4, 20, random_start=False)(model, x, y)
    warm = PGD(0.15, 20, random_start=False)
    start = warm(model, x, y)
    broken = is_broken(model, start, y)
    assert broken.sum() > len(x) / 2 and is_broken(model, far, y).sum() >= broken.sum()
    one = CarliniWagner(1, 1, 1e-6, warm_start=warm)(model, x, y)
    assert (L2().size(one - x) <= L2().size(start - x) + 1e-6)[broken].all() and is_broken(model, one, y)[broken].all()
    way = torch.nn.functional.cosine_similarity((one - x).flatten(1), (start - x).flatten(1))
    assert way[broken].min() > 0.9999  # a step of 1e-6 leads nowhere: the start, drawn back
    more = CarliniWagner(3, 30, 0.02, warm_start=warm)(model, x, y)
    before, after = L2().size(start - x)[broken], L2().size(more - x)[broken]
    assert (after <= before).all() and after.mean() < 0.9 * before.mean()
    spy = Spy(torch.zeros(()))
    replace(QUICK, warm_start=spy)(model, x, torch.where(torch.arange(12) < 5, (y + 1) % 4, y))
    assert spy.seen == [7]  # the five that were wrong from the start need none


@pytest.mark.parametrize(("scale", "targeted", "kappa"), [(0.01, False, 0.3), (100, False, 0), (100, True, 0.3)])
def test_a_warm_start_chooses_its_own_c(scale, targeted, kappa):
    model, x = affine(), images()
    with torch.no_grad():
        model.head.weight.mul_(scale)
        model.head.bias.mul_(scale)
    y, w = model(x).argmax(1), (model.head.weight[0] - model.head.weight[1]).detach()
    kappa *= scale
    plane = (kappa - margin(model(x), y)) / w.norm()
    along = torch.linspace(-1, 1, 12).double()
    along = along - (along @ w) / (w @ w) * w  # never leaves the plane
    across = torch.where(y == 0, -1.1, 1.1).double()[:, None] * w / w.norm()
    beyond = (plane.detach()[:, None] * (across + along / along.norm())).reshape(x.shape)
    for shift in (beyond, torch.zeros_like(x)):  # a detour to the other side, and a warm start that failed
        attack = CarliniWagner(1, 80, 0.02, kappa=kappa, targeted=targeted, warm_start=Spy(shift, targeted))
        x_adv = attack(model, x, 1 - y if targeted else y)
        distance = L2().size(x_adv - x)
        assert (margin(model(x_adv), y) >= kappa).all() and is_broken(model, x_adv, y).all()
        assert (distance >= plane - 1e-9).all() and (distance <= 1.05 * plane).all()
        assert (distance < 0.8 * L2().size(shift)).all() or not shift.any()


def test_a_c_counts_as_a_success_only_if_it_brings_the_image_back():
    model, x = affine(), images()
    y = model(x).argmax(1)
    start = DDN(20)(model, x, y)
    w = (model.head.weight[0] - model.head.weight[1]).norm()
    balance = 2 * L2().size(start - x) / w  # less than this cannot hold an image at the plane
    with torch.no_grad():
        for times, held in ((0.5, False), (4.0, True)):
            best, distance = start.clone(), L2().size(start - x)
            attack = CarliniWagner(1, 60, 0.02)
            assert (attack._descend(model, x, y, start, times * balance, best, distance) == held).all()
            assert is_broken(model, best, y).all()


def test_any_attack_serves_as_a_warm_start():
    model = network()
    x, y = batch(model)
    for shift in (torch.tensor(float("nan")), torch.tensor(5.0), torch.linspace(-3, 3, 4)):
        x_adv = CarliniWagner(2, 20, 0.05, 1, warm_start=Spy(shift, clip=False))(model, x, y)
        assert is_broken(model, x_adv, y).all() and x_adv.min() >= 0 and x_adv.max() <= 1
    restarts = Restarts(PGD(0.3, 5, targeted=True), 2)
    towards = CarliniWagner(2, 20, 0.05, 1, targeted=True, warm_start=restarts)
    assert torch.equal(model(towards(model, x, (y + 1) % 4)).argmax(1), (y + 1) % 4)
    ours = CarliniWagner(1, 20, 0.05, warm_start=CarliniWagner(2, 10, 0.1, 1))(model, x, y)
    assert is_broken(model, ours, y).all()


def test_a_random_warm_start_draws_the_same_for_an_image_whoever_has_left():
    model = network()
    x, y = batch(model, 10)
    results = []
    for labels in (y, y, torch.where(torch.arange(10) < 5, (y + 1) % 4, y)):
        torch.manual_seed(3)
        results.append(replace(BRIEF, warm_start=PGD(0.3, 3))(model, x, labels))
    assert torch.equal(results[0], results[1])
    torch.testing.assert_close(results[2][5:], results[0][5:], rtol=0, atol=1e-4)


def test_a_warm_start_from_ddn_is_nearer_than_either():
    model = network()
    x, y = batch(model, 20)
    ddn = DDN(10)
    warm, cold = replace(BRIEF, binary_search_steps=1, steps=30, warm_start=ddn), CarliniWagner(4, 30, 0.05, 1)
    distance = L2().size(warm(model, x, y) - x)
    assert distance.mean() < L2().size(ddn(model, x, y) - x).mean()
    assert distance.mean() < 1.02 * L2().size(cold(model, x, y) - x).mean()
    assert is_broken(model, warm(model, x, y), y).all()


def test_each_image_leaves_a_hopeless_c_on_its_own():
    model = network()
    x, y = batch(model)
    patient = CarliniWagner(3, 80, 0.05, 1e-3, abort_early=False)
    kept, passes = count(patient, model, x, y)
    assert passes == len(x) + len(x) * (3 * 81 + 8)
    left, fewer = count(replace(patient, abort_early=True), model, x, y)
    assert fewer < 0.6 * passes
    assert torch.equal(is_broken(model, left, y), is_broken(model, kept, y))


def test_a_search_in_bf16_returns_what_float32_calls_broken():
    model = network()
    x, y = batch(model, 40)
    plain, fast = QUICK(model, x, y), replace(QUICK, precision=torch.bfloat16)(model, x, y)
    assert is_broken(model, fast, y).all() and is_broken(model, plain, y).all()
    assert L2().size(fast - x).mean() < 1.1 * L2().size(plain - x).mean()


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"binary_search_steps": 0}, "binary_search_steps=0"),
        ({"steps": 0}, "steps=0"),
        ({"lr": 0.0}, "lr=0.0"),
        ({"lr": float("nan")}, "lr=nan"),
        ({"c": 0}, "c=0"),
        ({"c": float("inf")}, "c=inf"),
        ({"kappa": -1.0}, "kappa=-1.0"),
        ({"targeted": True, "warm_start": PGD()}, "warm start must be so too.*PGD"),
        ({"warm_start": DDN(targeted=True)}, "targeted=False the warm start must be so too.*DDN"),
    ],
)
def test_refused_fields(fields, words):
    with pytest.raises(ValueError, match=words):
        CarliniWagner(**fields)


@pytest.mark.bad_input
def test_refused_images_and_warm_starts():
    model = network()
    x, y = batch(model)
    for kind in (torch.float16, torch.bfloat16):
        with pytest.raises(ValueError, match="float32 images and a float32 model"):
            QUICK(network().to(kind), x.to(kind), y)
    with pytest.raises(ValueError, match=r"\(12, 2, 5, 4\) into \(12, 40\)"):
        replace(QUICK, warm_start=lambda model, x, y: x.flatten(1))(model, x, y)


@pytest.mark.bad_input
def test_vectors_instead_of_images():
    model = affine().float()
    x = images().float().flatten(1)
    y = model(x).argmax(1)
    x_adv = QUICK(model, x, y)
    assert x_adv.shape == x.shape and is_broken(model, x_adv, y).all()
