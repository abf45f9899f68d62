"""FGSM, BIM, PGD, MIM: every loss for few classes, and which iterate iFGSM-a and iFGSM-b return."""

from dataclasses import replace

import pytest
import torch
from attacks.targets import batch, network
from torch import nn
from torch.nn import functional

from robustlib.attacks import BIM, FGSM, MIM, PGD
from robustlib.attacks.climb import is_broken
from robustlib.geometry import L2, Linf
from robustlib.losses import cross_entropy, dlr, margin


def own(logits, y):
    """A loss of one's own: the probability of the label, to be lowered."""
    return -logits.softmax(1).gather(1, y[:, None]).squeeze(1)


ATTACKS = [FGSM(0.1), BIM(0.1, 4), PGD(0.1, 4, random_start=False), MIM(0.1, 4)]


@pytest.mark.parametrize("targeted", [False, True])
@pytest.mark.parametrize("classes", [2, 3, 1000])
@pytest.mark.parametrize("loss", [cross_entropy, margin, dlr, own])
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: type(attack).__name__)
def test_every_loss_pulls_for_few_and_for_many_classes(attack, loss, classes, targeted):
    model = network(classes=classes)
    x, y = batch(model, 8)
    given = model(x).argmin(1) if targeted else y
    with torch.no_grad():
        model.head.weight.mul_(0.3)  # no probability rounds to 0 or 1
    x_adv = replace(attack, loss=loss, targeted=targeted)(model, x, given)
    assert x_adv.isfinite().all() and (x_adv != x).flatten(1).any(1).all()
    gain = margin(model(x_adv), given) - margin(model(x), given)
    assert (-gain if targeted else gain).mean() > 0.05


def test_dlr_towards_the_third_of_the_logits_has_a_gradient_and_its_value():
    logits = torch.tensor([[5.0, 3.0, 1.0], [5.0, 3.0, 3.0]], requires_grad=True)
    value = dlr(logits, torch.tensor([2, 2]))
    torch.testing.assert_close(value, torch.tensor([1.0, 1.0]))
    (g,) = torch.autograd.grad(value.sum(), logits)
    torch.testing.assert_close(g, torch.tensor([[0.25, 0.0, -0.25], [0.5, 0.0, -0.5]]))


@pytest.mark.parametrize("norm", [Linf(), L2()], ids=["Linf", "L2"])
@pytest.mark.parametrize("eps", [0.02, 0.08, 0.3])
def test_ifgsm_a_is_the_first_misclassified_iterate_else_the_last_and_ifgsm_b_the_last(norm, eps):
    model = network()
    x, y = batch(model, 30)
    eps = eps if isinstance(norm, Linf) else 4 * eps
    x_adv, first, hit = x.clone(), x.clone(), torch.zeros(30, dtype=torch.bool)
    for _ in range(8):
        leaf = x_adv.clone().requires_grad_(True)
        (g,) = torch.autograd.grad(functional.cross_entropy(model(leaf), y, reduction="sum"), leaf)
        way = g.sign() if isinstance(norm, Linf) else g / g.flatten(1).norm(dim=1)[:, None, None, None]
        moved = x_adv + eps / 5 * way - x
        if isinstance(norm, Linf):
            moved = moved.clamp(-eps, eps)
        else:
            moved = moved * (eps / moved.flatten(1).norm(dim=1)).clamp(max=1)[:, None, None, None]
        x_adv = (x + moved).clamp(0, 1)
        first[~hit] = x_adv[~hit]
        hit |= is_broken(model, x_adv, y)
    a = BIM(eps, 8, eps / 5, norm=norm, stop_early=True)(model, x, y)
    b = BIM(eps, 8, eps / 5, norm=norm)(model, x, y)
    torch.testing.assert_close(a, first, rtol=0, atol=1e-5)
    torch.testing.assert_close(b, x_adv, rtol=0, atol=1e-5)
    assert torch.equal(is_broken(model, a, y), hit)
    assert not torch.equal(a, b) or not hit.any()


def test_an_iterate_that_was_broken_and_is_right_again_counts_for_ifgsm_a():
    """Misclassified only on a thin shell, as a defence with a fold in its surface is."""

    class Shell(nn.Module):
        def forward(self, x):
            p = x.flatten(1)[:, 0]
            return torch.stack([(p - 0.6).abs() - 0.05 + 0 * p, p - p.detach()], 1)

    x, y = torch.full((1, 1, 1, 1), 0.5), torch.tensor([0])
    a, b = (BIM(0.3, 3, 0.1, stop_early=stop)(Shell(), x, y) for stop in (True, False))
    assert a.item() == pytest.approx(0.6) and is_broken(Shell(), a, y).all()
    assert b.item() != pytest.approx(0.6)
