"""DDN: closed forms with and without the box, the schedule of its norm, and a second implementation by the paper."""

import math

import pytest
import torch
from attacks.minimum_norm_targets import affine, box_distance
from attacks.targets import batch, network
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from robustlib.attacks import DDN, DeepFool
from robustlib.attacks.climb import is_broken
from robustlib.geometry import L2
from robustlib.losses import cross_entropy, margin
from robustlib.models import Classifier

FINE = 2**22  # levels so fine that nothing is rounded: the plain algorithm, without the way back


def images(n: int = 8, low: float = 0.3, high: float = 0.7, seed: int = 4) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return low + (high - low) * torch.rand(n, 1, 3, 4, generator=generator, dtype=torch.float64)


def normals(model: Classifier, y: torch.Tensor) -> torch.Tensor:
    """What the lead of the other of two classes grows along."""
    return (model.head.weight[1 - y] - model.head.weight[y]).detach().reshape(-1, 1, 3, 4)


@pytest.mark.parametrize("targeted", [False, True])
def test_distance_to_a_plane(targeted):
    model, x = affine(), images()
    y = model(x).argmax(1)
    assert 0 < y.sum() < len(y)
    x_adv = DDN(60, targeted=targeted)(model, x, 1 - y if targeted else y)
    plane = -margin(model(x), y).detach() / L2().size(normals(model, y))
    distance = L2().size(x_adv - x)
    assert is_broken(model, x_adv, y).all()
    assert (distance >= plane - 1e-9).all() and (distance <= 1.002 * plane).all()


def test_distance_where_the_box_binds():
    model = affine(seed=7)
    x = images(low=0, high=1).round()  # black and white pixels only: half of them have nowhere to go
    y = model(x).argmax(1)
    w, gap = normals(model, y), -margin(model(x), y).detach()
    best, distance = box_distance(x, w, gap, L2()), L2().size(DDN()(model, x, y) - x)
    assert (best > 1.05 * gap / L2().size(w)).all(), "the box did not bind"
    assert (distance >= best - 1e-9).all() and (distance <= 1.01 * best).all()


@settings(max_examples=8)
@given(seed=st.integers(0, 10**6), edges=st.booleans())
def test_no_nearer_broken_image_exists_for_two_classes(seed, edges):
    model, x = affine(seed=seed), images(4, 0, 1, seed)
    x = x.round() if edges else x
    y = model(x).argmax(1)
    w, gap = normals(model, y), -margin(model(x), y).detach()
    most = (w * ((w > 0).double() - x)).flatten(1).sum(1)
    x_adv = DDN(50)(model, x, y)
    broken, best = is_broken(model, x_adv, y), box_distance(x, w, gap, L2())
    assert broken[most > 1.2 * gap].all() and torch.equal(x_adv[~broken], x[~broken])
    distance = L2().size(x_adv - x)
    assert (distance >= best - 1e-9)[broken].all() and (distance <= 1.1 * best + 1e-3)[broken].all()


def test_the_nearest_of_several_planes():
    model, x = affine(5), images(12)
    model.head.weight.data.mul_(200)  # so sure that the cross-entropy sees one class at a time
    model.head.bias.data.mul_(200)
    logits, w = model(x).detach(), model.head.weight.detach()
    y = logits.argmax(1)
    radii = (logits.gather(1, y[:, None]) - logits) / (w[y][:, None] - w).norm(dim=2).clamp(min=1e-12)
    nearest = radii.scatter(1, y[:, None], torch.inf).amin(1)
    distance = L2().size(DDN()(model, x, y) - x)
    assert (distance >= nearest - 1e-9).all() and (distance <= 1.02 * nearest).double().mean() >= 0.7
    target = (y + 1) % 5
    towards = DDN(targeted=True)(model, x, target)
    assert torch.equal(model(towards).argmax(1), target)
    assert (L2().size(towards - x) >= radii.gather(1, target[:, None]).squeeze(1) - 1e-9).all()


def by_the_paper(model, x, y, steps, gamma, eps, targeted):
    """Algorithm 1, one image at a time, on the cross-entropy; the perturbation goes on as it was clipped."""
    results = []
    for image, label in zip(x.split(1), y.split(1), strict=True):
        delta, best, least, norm = torch.zeros_like(image), image, math.inf, eps
        for k in range(steps + 1):
            x_k = (image + delta).detach().requires_grad_(True)
            logits = model(x_k)
            broken = (logits.argmax(1) == label).item() == targeted
            if broken and delta.norm() < least:
                best, least = x_k.detach(), delta.norm()
            (g,) = torch.autograd.grad(cross_entropy(logits, label).sum(), x_k)
            g = -g if targeted else g
            alpha = 0.01 + 0.99 * (1 + math.cos(math.pi * k / steps)) / 2
            delta = delta + alpha * g / g.norm()
            norm = norm * (1 - gamma if broken else 1 + gamma)
            delta = (image + norm * delta / delta.norm()).clamp(0, 1) - image
        results.append(best)
    return torch.cat(results)


@pytest.mark.parametrize("targeted", [False, True])
def test_it_is_the_papers_algorithm(targeted):
    model = network()
    x, y = batch(model, 10)
    model, x, given_y = model.double(), x.double(), (y + 1) % 4 if targeted else y
    wanted = by_the_paper(model, x, given_y, 25, 0.1, 0.5, targeted)
    x_adv = DDN(25, 0.1, 0.5, targeted=targeted, levels=FINE)(model, x, given_y)
    torch.testing.assert_close(x_adv, wanted, rtol=0, atol=1e-4)
    drawn_back = DDN(25, 0.1, 0.5, targeted=targeted)(model, x, given_y)
    assert (L2().size(drawn_back - x) <= L2().size(wanted - x) + 1e-9).all()
    assert (L2().size(drawn_back - x) < L2().size(wanted - x) - 1e-4).any()


def test_the_norm_grows_until_the_image_breaks_and_shrinks_until_it_does_not():
    model, x = affine(), images(1, 0.5, 0.5)
    with torch.no_grad():
        model.head.bias.add_(torch.tensor([0.2, 0.0]))
    y, seen = model(x).argmax(1), []
    model.body.register_forward_hook(lambda module, args, out: seen.append(L2().size(args[0] - x).item()))
    DDN(30, 0.05, 0.1, levels=FINE)(model, x, y)
    plane = (-margin(model(x), y) / L2().size(normals(model, y))).item()
    norms = seen[1:31]  # after the look at the clean image, which gives the first gradient, too
    expected = [0.1 * 1.05]
    while len(expected) < 30:
        expected.append(expected[-1] * (0.95 if expected[-1] > plane else 1.05))
    assert 0.12 < plane < 0.3 and norms == pytest.approx(expected, rel=1e-4)


def test_levels_survive_an_8_bit_file():
    model = network()
    x, y = batch(model, 40)
    x_adv = DDN(30, 0.1, levels=255)(model, x, y)
    broken = is_broken(model, x_adv, y)
    assert broken.float().mean() > 0.95
    saved = (x_adv * 255).round().byte()
    assert torch.equal((saved.float() / 255)[broken], x_adv[broken])
    plain = DDN(30, 0.1)(model, x, y)
    assert L2().size(x_adv - x)[broken].mean() < 1.15 * L2().size(plain - x)[broken].mean()
    assert not torch.equal((plain * 255).round() / 255, plain)


def test_a_network_that_is_sure_of_itself_is_attacked_as_well():
    model = network()
    x, y = batch(model)
    plain = DDN(30)(model, x, y)
    model.head.weight.data.mul_(4096)  # a power of two: the same classifier to the last digit
    model.head.bias.data.mul_(4096)
    sure = x.clone().requires_grad_(True)
    (g,) = torch.autograd.grad(cross_entropy(model(sure), y).sum(), sure)
    assert (g.flatten(1).abs().sum(1) == 0).float().mean() > 0.9  # cross-entropy has nothing left to climb
    x_adv = DDN(30)(model, x, y)
    assert is_broken(model, x_adv, y).all()
    assert L2().size(x_adv - x).mean() < 1.1 * L2().size(plain - x).mean()


def test_more_steps_come_closer_and_closer_than_deepfool():
    model = network()
    model.head.weight.data.mul_(16)  # as sure as after training
    model.head.bias.data.mul_(16)
    x, y = batch(model, 40)
    few, many = (L2().size(DDN(steps)(model, x, y) - x) for steps in (15, 100))
    assert many.mean() < few.mean() and many.mean() < L2().size(DeepFool()(model, x, y) - x).mean()


def test_a_search_in_bf16_returns_what_float32_calls_broken():
    model = network()
    x, y = batch(model, 40)
    plain, fast = DDN(30)(model, x, y), DDN(30, precision=torch.bfloat16)(model, x, y)
    assert is_broken(model, fast, y).all() and is_broken(model, plain, y).all()
    assert L2().size(fast - x).mean() < 1.1 * L2().size(plain - x).mean()


def test_a_gradient_of_zero_moves_nothing_and_raises_nothing():
    model = Classifier(nn.Flatten(), nn.Sequential(nn.Linear(12, 3), nn.ReLU()))
    nn.init.constant_(model.head[0].bias, -100.0)  # dead units: no direction anywhere in the box
    x, y = images(3).float(), torch.zeros(3, dtype=torch.long)
    assert torch.equal(DDN(10)(model, x, y), x)


@pytest.mark.bad_input
def test_fields():
    for fields in ({"steps": 0}, {"gamma": 0.0}, {"gamma": 1.0}, {"eps": 0.0}, {"eps": math.inf}, {"eps": math.nan}):
        with pytest.raises(ValueError, match="steps >= 1, 0 < gamma < 1 and a finite eps > 0"):
            DDN(**fields)
    with pytest.raises(ValueError, match="levels counts the steps.*got 0"):
        DDN(levels=0)
