"""Affine models: what the best perturbation reaches is known exactly, and so is the radius at which a label flips."""

import pytest
import torch
from torch import nn

from robustlib.attacks import BIM, FGSM, MIM, PGD, FeatureMatching, Noise, Restarts, Strongest
from robustlib.geometry import L2, Linf
from robustlib.losses import margin
from robustlib.models import Classifier

DUAL = {Linf(): 1, L2(): 2}


def affine(classes: int = 2, pixels: int = 12) -> Classifier:
    torch.manual_seed(2)
    head = nn.Linear(pixels, classes)
    with torch.no_grad():
        head.bias.copy_(-head.weight.sum(1) / 2)  # the boundaries meet at the grey image
    return Classifier(nn.Flatten(), head).double().eval()


def images(n: int = 6, low: float = 0.3, high: float = 0.7) -> torch.Tensor:
    generator = torch.Generator().manual_seed(4)
    return low + (high - low) * torch.rand(n, 1, 3, 4, generator=generator, dtype=torch.float64)


def directions(model: Classifier, y: torch.Tensor) -> torch.Tensor:
    """What the two-class margin grows along, for each label."""
    w = model.head.weight.detach()
    return (w[1 - y] - w[y]).reshape(-1, 1, 3, 4)


def reach(eps, norm):
    """Attacks that must reach the optimum on an affine model with two classes."""
    return [
        FGSM(eps, norm=norm),
        FGSM(eps, norm=norm, loss=margin),
        BIM(eps, 4, norm=norm),
        MIM(eps, 4, norm=norm),
        PGD(eps, 60, alpha=eps, norm=norm),  # in the L2 ball a random start's angle halves with each step
        PGD(eps, 10, random_start=False, norm=norm, loss=margin),
        Restarts(PGD(eps, 60, alpha=eps, norm=norm), 2),
    ]


@pytest.mark.parametrize("norm", DUAL, ids=["Linf", "L2"])
@pytest.mark.parametrize("i", range(7))
def test_margin_grows_by_eps_times_the_dual_norm(norm, i):
    torch.manual_seed(0)
    model, x, eps = affine(), images(), 0.02
    y = torch.tensor([0, 1] * 3)
    attack = reach(eps, norm)[i]
    gain = margin(model(attack(model, x, y)), y) - margin(model(x), y)
    expected = eps * directions(model, y).flatten(1).norm(p=DUAL[norm], dim=1)
    torch.testing.assert_close(gain, expected, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("eps", [0.1, 0.4, 0.9])
@pytest.mark.parametrize("i", range(6))
def test_box_clipped_optimum_in_the_cube(eps, i):
    torch.manual_seed(0)
    model, x = affine(), images(low=0, high=1)
    y = torch.tensor([0, 1] * 3)
    w = directions(model, y)
    best = torch.where(w > 0, (x + eps).clamp(max=1), (x - eps).clamp(min=0))
    x_adv = reach(eps, Linf())[i](model, x, y)
    torch.testing.assert_close(x_adv, best, rtol=0, atol=1e-12)
    assert ((best - x).abs() < eps - 1e-9).any()  # the box did bind


def test_box_clipped_optimum_in_the_euclidean_ball():
    model, x, eps = affine(), images(low=0, high=1), 0.8
    y = torch.tensor([0, 1] * 3)
    w = directions(model, y)
    low, high = torch.zeros(6, 1, 1, 1).double(), torch.full((6, 1, 1, 1), 1e4).double()
    for _ in range(80):  # the optimum is clip(lambda w) with the lambda at which its length is eps
        middle = (low + high) / 2
        longer = L2().size(torch.minimum(torch.maximum(middle * w, -x), 1 - x)) > eps
        low, high = (torch.where(longer.reshape(-1, 1, 1, 1), *pair) for pair in ((low, middle), (middle, high)))
    best = (w * torch.minimum(torch.maximum(low * w, -x), 1 - x)).flatten(1).sum(1)
    x_adv = PGD(eps, 400, alpha=0.01, random_start=False, norm=L2())(model, x, y)
    gain = (w * (x_adv - x)).flatten(1).sum(1)
    assert (gain <= best + 1e-9).all() and (gain >= 0.99 * best).all()
    assert (best < 0.97 * eps * L2().size(w)).any()  # the box did bind


@pytest.mark.parametrize("norm", DUAL, ids=["Linf", "L2"])
@pytest.mark.parametrize("i", range(7))
def test_labels_flip_just_beyond_the_distance_to_the_boundary(norm, i):
    model, x = affine(), images(3)
    y = model(x).argmax(1)
    for j in range(3):
        one, label = x[j : j + 1], y[j : j + 1]
        distance = (-margin(model(one), label) / directions(model, label).flatten(1).norm(p=DUAL[norm], dim=1)).item()
        assert distance < 0.3, "the box would bind"
        for factor, flips in ((0.999, False), (1.001, True)):
            torch.manual_seed(0)
            x_adv = reach(factor * distance, norm)[i](model, one, label)
            assert (model(x_adv).argmax(1) != label).item() == flips


@pytest.mark.parametrize("norm", DUAL, ids=["Linf", "L2"])
def test_nothing_flips_below_the_distance_and_a_margin_attack_does_beyond(norm):
    torch.manual_seed(0)
    model, x = affine(5, 12), images(3)
    y, w = model(x).argmax(1), model.head.weight.detach()
    for j in range(3):
        one, label = x[j : j + 1], y[j : j + 1]
        gaps = (model(one)[0, y[j]] - model(one)[0]).detach()
        radii = gaps / (w - w[y[j]]).norm(p=DUAL[norm], dim=1).clamp(min=1e-12)
        radii[y[j]] = torch.inf
        nearest = radii.min().item()
        below, beyond = 0.999 * nearest, 1.001 * nearest
        every = [*reach(below, norm), Noise(below, norm), FeatureMatching(w, below, norm=norm, steps=5)]
        assert all(model(attack(model, one, label)).argmax(1) == label for attack in every)
        towards = [BIM(beyond, norm=norm, loss=_against(k)) for k in range(5) if k != y[j]]
        assert model(Strongest(tuple(towards))(model, one, label)).argmax(1) != label


def _against(k: int):
    """The difference to one class: on an affine model its ascent goes straight to that boundary."""
    return lambda logits, y: logits[:, k] - logits.gather(1, y[:, None]).squeeze(1)


@pytest.mark.parametrize("norm", DUAL, ids=["Linf", "L2"])
def test_a_larger_radius_never_hurts_the_attacker(norm):
    model, x = affine(), images(low=0, high=1)
    y = torch.tensor([0, 1] * 3)
    for i in range(6):
        reached = []
        for eps in (0.0, 0.01, 0.05, 0.1, 0.3, 1.0):
            torch.manual_seed(0)
            attack = reach(max(eps, 1e-9), norm)[i]
            reached.append(margin(model(attack(model, x, y)), y).detach())
        steps = torch.stack(reached).diff(dim=0)
        assert (steps >= -1e-9).all() and steps.sum() > 0
