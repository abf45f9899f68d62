"""Carlini and Wagner in the Euclidean norm: closed forms, the peers' faults, and a second implementation."""

import math
from dataclasses import replace

import pytest
import torch
from attacks.targets import batch, network
from torch import nn

from robustlib.attacks import PGD, CarliniWagner
from robustlib.attacks.climb import is_broken
from robustlib.attacks.tanh_box import EDGE, from_box, to_box
from robustlib.geometry import L2
from robustlib.gradient import evaluating
from robustlib.losses import margin, shortfall
from robustlib.models import Classifier

QUICK = CarliniWagner(4, 25, 0.05, 0.1)
THOROUGH = CarliniWagner(6, 60, 0.03, 1)


def affine(classes: int = 2, pixels: int = 12, seed: int = 2) -> Classifier:
    torch.manual_seed(seed)
    head = nn.Linear(pixels, classes)
    with torch.no_grad():
        head.bias.copy_(-head.weight.sum(1) / 2)  # the boundaries meet at the grey image
    return Classifier(nn.Flatten(), head).double().eval()


def images(n: int = 6, low: float = 0.3, high: float = 0.7, seed: int = 4) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return low + (high - low) * torch.rand(n, 1, 3, 4, generator=generator, dtype=torch.float64)


def nearest_in_the_box(model: Classifier, x: torch.Tensor, y: torch.Tensor, kappa: float) -> torch.Tensor:
    """The least distance at which the other of two classes leads by kappa: clip(lambda w), by bisection on lambda."""
    w = (model.head.weight[1 - y] - model.head.weight[y]).detach().reshape(x.shape)
    need = kappa - margin(model(x), y).detach()
    low, high = torch.zeros(len(x), 1, 1, 1).double(), torch.full((len(x), 1, 1, 1), 1e4).double()
    for _ in range(80):
        middle = (low + high) / 2
        gain = (w * torch.minimum(torch.maximum(middle * w, -x), 1 - x)).flatten(1).sum(1)
        short = (gain < need).reshape(-1, 1, 1, 1)
        low, high = torch.where(short, middle, low), torch.where(short, high, middle)
    return L2().size(torch.minimum(torch.maximum(high * w, -x), 1 - x))


@pytest.mark.parametrize("kappa", [0.0, 0.3])
@pytest.mark.parametrize("targeted", [False, True])
def test_distance_to_a_plane(kappa, targeted):
    model, x = affine(), images()
    y = model(x).argmax(1)
    assert 0 < y.sum() < len(y)
    attack = replace(THOROUGH, kappa=kappa, targeted=targeted)
    x_adv = attack(model, x, 1 - y if targeted else y)
    plane = (kappa - margin(model(x), y)) / (model.head.weight[0] - model.head.weight[1]).norm()
    distance = L2().size(x_adv - x)
    assert (distance >= plane - 1e-9).all() and (distance <= 1.02 * plane).all()
    assert (margin(model(x_adv), y) >= kappa).all() and is_broken(model, x_adv, y).all()


@pytest.mark.parametrize("kappa", [0.0, 0.3])
def test_distance_where_the_box_binds(kappa):
    model = affine(seed=7)
    x = images(8, 0, 1).round()  # black and white pixels only: half of them have nowhere to go
    y = model(x).argmax(1)
    best = nearest_in_the_box(model, x, y, kappa)
    plane = (kappa - margin(model(x), y)) / (model.head.weight[0] - model.head.weight[1]).norm()
    x_adv = replace(THOROUGH, kappa=kappa)(model, x, y)
    distance = L2().size(x_adv - x)
    assert (best > 1.05 * plane).all(), "the box did not bind"
    assert is_broken(model, x_adv, y).all() and x_adv.min() >= 0 and x_adv.max() <= 1
    assert (distance >= best - 1e-9).all() and (distance <= 1.02 * best).all()


def test_the_nearest_of_several_planes():
    model, x = affine(5), images(8)
    y, w = model(x).argmax(1), model.head.weight.detach()
    lead = model(x).gather(1, y[:, None]) - model(x)
    radii = lead / (w[y][:, None] - w).norm(dim=2).clamp(min=1e-12)
    nearest = radii.scatter(1, y[:, None], torch.inf).amin(1)
    distance = L2().size(THOROUGH(model, x, y) - x)
    assert (distance >= nearest - 1e-9).all() and (distance <= 1.02 * nearest).double().mean() >= 0.7
    target = (y + 1) % 5
    towards = replace(THOROUGH, targeted=True)(model, x, target)
    assert torch.equal(model(towards).argmax(1), target)
    assert (L2().size(towards - x) >= radii.gather(1, target[:, None]).squeeze(1) - 1e-9).all()


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_black_and_white_pixels_move(value):
    head = nn.Linear(4, 2)
    with torch.no_grad():
        head.weight.copy_(torch.tensor([[0.0] * 4, [2.0, 1.0, 0.0, 0.0]]) * (1 if value == 0 else -1))
        head.bias.copy_(torch.tensor([2.0, 1.0 if value == 0 else 4.0]))
    model = Classifier(nn.Flatten(), head)
    x = torch.full((1, 1, 2, 2), value)
    x_adv = THOROUGH(model, x, torch.tensor([0]))
    wanted = torch.tensor([0.4, 0.2, 0, 0]).reshape(1, 1, 2, 2)  # 2 a + b = 1, shortest
    torch.testing.assert_close((x_adv - x).abs(), wanted, rtol=0, atol=0.02)


def test_the_change_of_variable_reaches_the_faces_of_the_box_and_comes_back():
    x = torch.tensor([0.0, 1e-6, 0.3, 0.5, 1 - 1e-6, 1.0]).double().reshape(6, 1, 1, 1)
    back, slope = to_box(from_box(x))
    torch.testing.assert_close(back, x, rtol=0, atol=1e-12)
    assert slope.min() > 0.3
    w = torch.linspace(-0.8, 0.8, 7).double().reshape(7, 1, 1, 1).requires_grad_(True)
    (expected,) = torch.autograd.grad((torch.tanh(w) / EDGE / 2).sum(), w)
    torch.testing.assert_close(to_box(w.detach().clone())[1], expected)
    beyond = torch.tensor([-9.0, 9.0]).reshape(2, 1, 1, 1)
    assert to_box(beyond)[0].flatten().tolist() == [0, 1] and beyond.abs().max() < 1


def by_autograd(model, x, y, c, steps, lr, kappa=0.0):
    """One value of c, one image at a time, with torch's own Adam and the whole sum differentiated by autograd."""
    results = []
    for image, label in zip(x.split(1), y.split(1), strict=True):
        w = torch.atanh(EDGE * (2 * image - 1)).requires_grad_(True)
        optimizer = torch.optim.Adam([w], lr=lr)
        best, least = image, math.inf
        for _ in range(steps + 1):
            with torch.no_grad():
                w.clamp_(-math.atanh(EDGE), math.atanh(EDGE))
            moving = (torch.tanh(w) / EDGE + 1) / 2
            logits = model(moving)
            length = (moving - image).square().sum()
            others = [value for i, value in enumerate(logits[0]) if i != label]
            lead = max(others) - logits[0, label.item()]
            if lead > 0 and lead >= kappa and length < least:
                best, least = moving.detach(), length.item()
            optimizer.zero_grad()
            (length + c * torch.relu(kappa - lead)).backward()
            optimizer.step()
        low, high = 0.0, 1.0  # and the bisection of the straight way back
        for _ in range(8):
            between = image + (low + high) / 2 * (best - image)
            with torch.no_grad():
                ahead = margin(model(between), label)
            won = ahead > 0 and ahead >= kappa
            low, high = (low, (low + high) / 2) if won else ((low + high) / 2, high)
        results.append(image + high * (best - image))
    return torch.cat(results)


@pytest.mark.parametrize("kappa", [0.0, 0.5])
def test_one_fixed_c_by_another_implementation(kappa):
    model = network().double()
    x, y = batch(model.float(), 8)
    x, model = x.double(), model.double()
    attack = CarliniWagner(1, 30, 0.05, c=3, kappa=kappa, abort_early=False)
    x_adv = attack(model, x, y)
    torch.testing.assert_close(x_adv, by_autograd(model, x, y, 3, 30, 0.05, kappa), rtol=0, atol=1e-9)
    assert is_broken(model, x_adv, y).double().mean() > 0.5


def test_a_failure_returns_the_clean_image_bit_by_bit():
    model = network()
    x, y = batch(model)
    x[0] = 0.1 + 0.2  # not a sum of powers of two
    y = model(x).argmax(1)
    unbreakable = Classifier(model.body, nn.Linear(8, 4))
    with torch.no_grad():
        unbreakable.head.weight.zero_()
        unbreakable.head.bias.copy_(torch.tensor([0.0, 50.0, 0.0, 0.0]))
    always = torch.ones_like(y)
    for attack in (QUICK, replace(QUICK, warm_start=PGD(0.3, 3)), replace(QUICK, precision=torch.bfloat16)):
        assert torch.equal(attack(unbreakable, x, always), x)
    assert torch.equal(replace(QUICK, kappa=1e6)(model, x, y), x)
    some = CarliniWagner(1, 25, 0.05, c=0.3)(model, x, y)
    broken = is_broken(model, some, y)
    assert 0 < broken.sum() < len(x) and torch.equal(some[~broken], x[~broken])


def test_images_that_are_wrong_already_stay_and_with_kappa_only_if_they_are_so_by_kappa():
    model = network()
    x, y = batch(model)
    other = (y + 1) % 4
    lead = margin(model(x), other).detach()
    assert (lead > 0).all()
    assert torch.equal(QUICK(model, x, other), x)
    kappa = lead.median().item()
    moved = ((replace(QUICK, kappa=kappa)(model, x, other) - x) != 0).flatten(1).any(1)
    assert torch.equal(moved, lead < kappa)


def test_a_constant_added_to_the_logits_changes_no_success():
    model = network()
    x, y = batch(model, 20)
    shifted = Classifier(model.body, nn.Sequential(model.head, Shift(-100)))
    for kappa in (0.0, 1.0):
        attack = replace(QUICK, kappa=kappa)
        plain, other = attack(model, x, y), attack(shifted, x, y)
        assert torch.equal(is_broken(model, plain, y), is_broken(model, other, y))
        torch.testing.assert_close(L2().size(other - x), L2().size(plain - x), rtol=0.05, atol=1e-3)
        assert is_broken(model, plain, y).all()


class Shift(nn.Module):
    def __init__(self, by):
        super().__init__()
        self.by = by

    def forward(self, x):
        return x + self.by


def test_an_image_close_to_the_boundary_is_moved_no_farther_than_it_must():
    model, x = affine(), images(1)
    y = model(x).argmax(1)
    w = (model.head.weight[1 - y] - model.head.weight[y]).detach().reshape(x.shape)
    near = x - (margin(model(x), y).detach() / L2().size(w) ** 2 + 1e-4) * w  # a step of Adam's first is 50 times that
    assert (margin(model(near), y) < 0).all() and (margin(model(near), y) > -1e-3).all()
    x_adv = THOROUGH(model, near, y)
    assert is_broken(model, x_adv, y).all() and L2().size(x_adv - near) < 3 * 1e-4 * L2().size(w)


def test_the_sum_it_minimises_is_not_left_higher_than_at_the_image():
    model = network()
    x, y = batch(model)
    x_adv = CarliniWagner(1, 60, 0.05, c=2)(model, x, y)
    with evaluating(model), torch.no_grad():
        ends = L2().size(x_adv - x) ** 2 + 2 * shortfall(model(x_adv), y)
        assert (ends <= 2 * shortfall(model(x), y)).all() and is_broken(model, x_adv, y).any()


@pytest.mark.parametrize("steps", [1, 2, 5, 9])
def test_few_steps_and_an_integer_c(steps):
    model = network()
    x, y = batch(model)
    x_adv = CarliniWagner(3, steps, lr=0.2, c=1)(model, x, y)
    assert is_broken(model, x_adv, y).any()
    assert torch.equal(x_adv, CarliniWagner(3, steps, lr=0.2, c=1.0)(model, x, y))


def test_more_confidence_costs_more_distance_and_is_reached():
    model = network()
    x, y = batch(model)
    before = torch.zeros(len(x))
    for kappa in (0.0, 0.5, 2.0):
        x_adv = CarliniWagner(4, 30, 0.05, 1, kappa)(model, x, y)
        assert (margin(model(x_adv), y) >= kappa).all()
        distance = L2().size(x_adv - x)
        assert (distance > before).float().mean() > 0.9
        before = distance
