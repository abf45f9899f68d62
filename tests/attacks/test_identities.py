"""Attacks that are the same attack by another name, and how early stopping relates to the plain loop."""

from dataclasses import replace

import pytest
import torch
from attacks.targets import batch, network

from robustlib.attacks import BIM, FGSM, MIM, PGD
from robustlib.attacks.climb import is_broken
from robustlib.geometry import L2, Linf
from robustlib.losses import cross_entropy

NORMS = pytest.mark.parametrize("norm", [Linf(), L2()], ids=["Linf", "L2"])
TARGETED = pytest.mark.parametrize("targeted", [False, True])


@pytest.fixture
def target():
    model = network()
    return model, *batch(model, 30)


@NORMS
@TARGETED
@pytest.mark.parametrize("eps", [0.02, 0.4])
def test_identities(target, norm, targeted, eps):
    def same(a, b):
        torch.testing.assert_close(a(*target), b(*target), rtol=0, atol=1e-6)

    kind = {"norm": norm, "targeted": targeted}
    fgsm = FGSM(eps, **kind)
    same(PGD(eps, 1, alpha=eps, random_start=False, **kind), fgsm)
    same(BIM(eps, 1, **kind), fgsm)
    same(MIM(eps, 1, **kind), fgsm)
    same(BIM(eps, 6, alpha=eps / 4, **kind), PGD(eps, 6, alpha=eps / 4, random_start=False, **kind))
    same(BIM(eps, 6, **kind), BIM(eps, 6, alpha=eps / 6, **kind))
    same(MIM(eps, 6, mu=0.0, **kind), BIM(eps, 6, **kind))
    same(PGD(eps, 5, random_start=False, **kind), BIM(eps, 5, alpha=eps / 2, **kind))
    if eps > 0.1:  # in a small cube both end in the same corner
        assert not torch.equal(MIM(eps, 6, **kind)(*target), BIM(eps, 6, **kind)(*target))


def test_fgsm_by_hand(target):
    model, x, y = target
    images = x.clone().requires_grad_(True)
    cross_entropy(model(images), y).sum().backward()
    torch.testing.assert_close(FGSM(0.1)(model, x, y), (x + 0.1 * images.grad.sign()).clamp(0, 1), rtol=0, atol=1e-6)


def test_momentum_by_hand(target):
    model, x, y = target
    x_adv, momentum = x.clone(), torch.zeros_like(x)
    for _ in range(4):
        images = x_adv.clone().requires_grad_(True)
        cross_entropy(model(images), y).sum().backward()
        l1 = images.grad.abs().sum((1, 2, 3), keepdim=True)
        momentum = 0.7 * momentum + images.grad / l1
        x_adv = (x_adv + 0.05 * momentum.sign()).clamp(x - 0.1, x + 0.1).clamp(0, 1)
    torch.testing.assert_close(MIM(0.1, 4, alpha=0.05, mu=0.7)(model, x, y), x_adv, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "attack",
    [BIM(0.03, 8), MIM(0.03, 8), PGD(0.03, 8, random_start=False), PGD(0.03, 8)],
    ids=["BIM", "MIM", "PGD from x", "PGD"],
)
@TARGETED
def test_stopping_early_breaks_all_that_the_last_iterate_breaks(target, attack, targeted):
    model, x, y = target
    y = (y + 1) % 4 if targeted else y
    attack = replace(attack, targeted=targeted)
    torch.manual_seed(0)
    last = attack(model, x, y)
    torch.manual_seed(0)
    first = replace(attack, stop_early=True)(model, x, y)
    broken_last, broken_first = is_broken(model, last, y, targeted), is_broken(model, first, y, targeted)
    assert (broken_first | ~broken_last).all()
    assert 0 < broken_first.sum() < len(x), "a radius at which some break and some do not says more"
    torch.testing.assert_close(first[~broken_first], last[~broken_first], rtol=0, atol=1e-5)
    assert Linf().size(first - x)[broken_first].sum() < Linf().size(last - x)[broken_first].sum()


def test_stopping_early_leaves_what_is_wrong_already(target):
    model, x, y = target
    assert torch.equal(BIM(0.3, 5, stop_early=True)(model, x, (y + 1) % 4), x)
    assert torch.equal(BIM(0.3, 5, stop_early=True, targeted=True)(model, x, y), x)


def test_what_a_bf16_search_calls_broken_is_broken_in_float32(target):
    model, x, y = target
    kept = PGD(0.02, 6, stop_early=True, precision=torch.bfloat16)(model, x, y)
    full = PGD(0.02, 6, stop_early=True)(model, x, y)
    share = [is_broken(model, images, y).float().mean().item() for images in (kept, full)]
    assert share[0] == pytest.approx(share[1], abs=0.2) and share[0] > 0
