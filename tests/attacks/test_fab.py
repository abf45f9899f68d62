"""FAB: the exact distance on affine models, also where the box binds; its passes, radius, targets and restarts."""

from dataclasses import replace

import pytest
import torch
from attacks.minimum_norm_targets import affine, box_distance
from attacks.targets import batch, network
from torch import nn

from robustlib.attacks import DDN, FAB, DeepFool
from robustlib.attacks.climb import is_broken
from robustlib.attacks.hyperplane import onto_hyperplane
from robustlib.evaluation.cost import counting
from robustlib.geometry import L2, Linf, per_example
from robustlib.losses import margin
from robustlib.models import Classifier

NORMS = pytest.mark.parametrize("norm", [Linf(), L2()], ids=["Linf", "L2"])


def nearest_boundary(model, x, y, norm):
    """The distance to the nearest class of an affine model, inside the box."""
    logits, w = model(x).detach(), model.head.weight.detach()
    distances = []
    for k in range(len(w)):
        way = (w[k] - w[y]).reshape(x.shape)
        need = logits.gather(1, y[:, None])[:, 0] - logits[:, k]
        within = (way.clamp(min=0) * (1 - x) + way.clamp(max=0) * -x).flatten(1).sum(1) > need
        distances.append(torch.where(within & (y != k), box_distance(x, way, need, norm), torch.inf))
    return torch.stack(distances).amin(0)


def images(model, n=20, spread=2.0):
    """Random images and their classes; with a large spread most pixels lie on an edge of the box."""
    pixels = model.head.in_features
    x = torch.rand(n, 1, 1, pixels, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    x = (0.5 + spread * (x - 0.5)).clamp(0, 1)
    return x, model(x).argmax(1)


@NORMS
@pytest.mark.parametrize("classes, pixels", [(2, 12), (5, 12), (5, 200)])
@pytest.mark.parametrize("spread, excess", [(0.2, 1.0011), (2.0, 1.005)], ids=["free", "clipped"])
def test_on_an_affine_model_it_is_the_exact_distance(norm, classes, pixels, spread, excess):
    model = affine(classes, pixels)
    x, y = images(model, spread=spread)
    x_adv = FAB(steps=10, norm=norm)(model, x, y)
    assert is_broken(model, x_adv, y).all()
    ratio = norm.size(x_adv - x) / nearest_boundary(model, x, y, norm)
    assert ratio.min() >= 1 - 1e-9 and ratio.max() < excess and ratio.mean() < 1.001
    slope = (model.head.weight - model.head.weight[y][:, None]).norm(p=1 if norm == Linf() else 2, dim=2)
    gap = model(x).gather(1, y[:, None]) - model(x)
    unboxed = (gap / slope).scatter(1, y[:, None], torch.inf).amin(1).detach()
    bound = norm.size(x_adv - x) > 1.02 * unboxed
    assert bound.float().mean() > 0.7 if spread > 1 else not bound.any()


@NORMS
def test_a_radius_decides_an_affine_model(norm):
    model = affine(4)
    x, y = images(model)
    distance = nearest_boundary(model, x, y, norm)
    for eps in distance.sort().values[3::6].tolist():
        x_adv = FAB(1.002 * eps, steps=12, norm=norm)(model, x, y)
        breakable = distance <= eps
        assert torch.equal(is_broken(model, x_adv, y), breakable | (distance < 0.999 * 1.002 * eps))
        assert norm.size(x_adv - x).max() <= 1.002 * eps
        assert torch.equal(x_adv[~breakable], x[~breakable])  # points outside do not count


@NORMS
def test_on_a_network_it_is_no_farther_than_other_attacks_of_this_norm(norm):
    model = network(classes=10)
    x, y = batch(model, 20)
    found = norm.size(FAB(steps=12, norm=norm)(model, x, y) - x).mean()
    assert found < norm.size(DeepFool(norm=norm)(model, x, y) - x).mean()
    if norm == L2():
        assert found < 1.01 * norm.size(DDN(40, eps=0.3)(model, x, y) - x).mean()


@pytest.mark.parametrize("classes, targets, walks", [(2, 9, 1), (3, 9, 2), (6, 9, 5), (6, 2, 2), (6, None, 5)])
def test_it_asks_for_as_many_passes_as_its_fields_say_and_every_forward_serves(classes, targets, walks):
    model = network(classes=classes)
    x, y = batch(model, 7)
    with counting(model) as passes:
        x_adv = FAB(steps=4, targets=targets, restarts=2)(model, x, y)
    assert is_broken(model, x_adv, y).all()
    assert passes.backward == 7 * 4 * walks * 2
    assert passes.forward == passes.backward + 7 * walks * 2 + 7 * (1 + 10)  # last iterates, clean, halving


def test_inside_a_radius_an_image_leaves_at_its_first_broken_point():
    model = network()
    x, y = batch(model, 20)
    with counting(model) as every:
        FAB(steps=10)(model, x, y)
    with counting(model) as passes:
        x_adv = FAB(0.3, steps=10)(model, x, y)
    assert is_broken(model, x_adv, y).all() and passes.backward < every.backward / 4
    assert Linf().size(x_adv - x).max() <= 0.3
    sizes, hook = [], model.body.register_forward_pre_hook(lambda module, args: sizes.append(len(args[0])))
    FAB(0.03, steps=10)(model, x, y)
    hook.remove()
    assert sizes[1:] != sorted(sizes[1:]) and sizes[:2] == [20, 20] and 0 < min(sizes[1:]) < 20


@NORMS
def test_a_step_is_that_of_the_formula(norm):
    model, seen = network(classes=2).double(), []
    x, y = batch(network(classes=2), 30)
    x = x.double()
    hook = model.register_forward_pre_hook(lambda module, args: seen.append(args[0].detach().clone()))
    attack = FAB(steps=8, alpha_max=0.02, eta=1.2, beta=0.7, norm=norm)
    attack(model, x, y)
    hook.remove()
    walk, stepped_back = seen[1 : 1 + 9], 0
    for x_i, following in zip(walk, walk[1:], strict=False):
        at = x_i.clone().requires_grad_(True)
        lead = margin(model(at), y)
        (g,) = torch.autograd.grad(lead.sum(), at)
        broken = per_example(lead.detach() > 0, x)
        back = torch.where(broken, x + 0.7 * (x_i - x), x_i)
        d, d_x = (onto_hyperplane(z, g, -(lead.detach() + (g * (z - x_i)).flatten(1).sum(1)), norm) for z in (back, x))
        alpha = per_example((norm.size(d) / (norm.size(d) + norm.size(d_x))).clamp(max=0.02), x)
        wanted = ((1 - alpha) * (back + 1.2 * d) + alpha * (x + 1.2 * d_x)).clamp(0, 1)
        torch.testing.assert_close(following, wanted, rtol=0, atol=1e-9)
        stepped_back += int(broken.sum())
    assert stepped_back > 30


class Detour(nn.Module):
    """Class 1 is the likeliest other class, class 2 far nearer."""

    def forward(self, x):
        p = x.flatten(1)
        return torch.stack([0 * p[:, 0] + 1, 0.9 + 0.2 * (p[:, 0] - 0.5), 20 * (p[:, 0] - 0.46)], 1)


def test_of_the_classes_it_tries_the_nearest_counts():
    x, y = torch.full((3, 1, 2, 2), 0.5), torch.zeros(3, dtype=torch.long)
    assert Detour()(x)[0].tolist() == pytest.approx([1, 0.9, 0.8])
    two = FAB(steps=5, targets=2)(Detour(), x, y)
    torch.testing.assert_close(two[:, 0, 0, 0], torch.full((3,), 0.51), rtol=0, atol=1e-4)
    torch.testing.assert_close(two[:, 0, 1], x[:, 0, 1])  # pixels without a gradient stay
    one = FAB(steps=5, targets=1)(Detour(), x, y)  # on the way to class 1 it meets class 2, and notices
    assert is_broken(Detour(), one, y).all() and (one >= two).all()


class Valley(nn.Module):
    """Flat around the grey image, so that no gradient leads out; anything else is class 1 beyond a mean of 0.6."""

    def forward(self, x):
        p = x.flatten(1).mean(1)
        lead = torch.where((p - 0.5).abs() < 1e-4, -0.1 + 0 * p, 10 * (p - 0.6))
        return torch.stack([-lead, lead], 1)


def test_a_random_start_leads_out_of_a_flat_spot_and_lies_inside_the_radius():
    x, y, seen = torch.full((4, 1, 3, 3), 0.5), torch.zeros(4, dtype=torch.long), []
    model = Valley()
    torch.manual_seed(0)
    assert torch.equal(FAB(0.2, steps=5)(model, x, y), x)
    model.register_forward_pre_hook(lambda module, args: seen.append(args[0].detach().clone()))
    x_adv = FAB(0.2, steps=5, restarts=2)(model, x, y)
    assert is_broken(model, x_adv, y).all() and (x_adv - x).abs().max() <= 0.2
    starts = seen[1 + 6]  # the clean batch, a walk of five steps and the look at its end
    assert 0.02 < (starts - x).abs().max() <= 0.1
    assert len({tuple(start.flatten().tolist()) for start in starts}) == 4
    nearest = FAB(steps=60, restarts=3)(Valley(), x, y)
    torch.testing.assert_close(Linf().size(nearest - x), torch.full((4,), 0.1), rtol=0.05, atol=0)


class Waves(nn.Module):
    """A loss with many hills: a walk may end between them."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        self.w, self.v = (torch.randn(*shape, generator=generator) for shape in ((40, 20), (20, 4)))

    def forward(self, x):
        return torch.sin(3 * x.flatten(1) @ self.w) @ self.v + 15 * torch.eye(4)[0]


@NORMS
def test_restarts_only_help_and_come_from_the_seed(norm):
    model = Waves()
    x, y = batch(model, 30)
    results = []
    for seed, restarts in ((0, 1), (0, 3), (0, 3), (1, 3)):
        torch.manual_seed(seed)
        results.append(FAB(steps=4, restarts=restarts, norm=norm)(model, x, y))
    one, more = (norm.size(x_adv - x).where(is_broken(model, x_adv, y), torch.inf) for x_adv in results[:2])
    assert (more <= one * 1.002).all() and (more < 0.99 * one).any()
    assert torch.equal(results[1], results[2]) and not torch.equal(results[1], results[3])


def test_with_restarts_the_neighbours_do_not_matter():
    model = Waves()
    x, y = batch(model, 30)
    wrong, results = y.clone(), []
    wrong[::3] = (y[::3] + 1) % 4  # these are never attacked
    for labels in (y, wrong):
        torch.manual_seed(0)
        results.append(FAB(steps=4, restarts=3)(model, x, labels))
    others = torch.arange(len(x)) % 3 != 0
    torch.testing.assert_close(results[0][others], results[1][others], rtol=0, atol=1e-5)
    assert torch.equal(results[1][~others], x[~others])


@NORMS
def test_an_image_within_a_rounding_of_the_boundary_crosses_it(norm):
    for seed in range(6):
        torch.manual_seed(seed)
        model, y = Classifier(nn.Flatten(), nn.Linear(784, 2)), torch.tensor([0])
        x = torch.rand(1, 1, 28, 28)
        model.head.bias.data -= model(x)[0].detach() - torch.tensor([5e-7, 0.0])
        x_adv = FAB(steps=10, norm=norm)(model, x, y)
        assert is_broken(model, x_adv, y).all() and norm.size(x_adv - x) < 1e-3


def test_fewer_pulls_and_steps_still_break():
    model = network()
    x, y = batch(model)
    for fields in ({"alpha_max": 0.0}, {"alpha_max": 1.0}, {"beta": 0.0}, {"beta": 1.0}, {"eta": 1.5}, {"steps": 1}):
        x_adv = replace(FAB(steps=8), **fields)(model, x, y)
        assert is_broken(model, x_adv, y).float().mean() > (0.4 if "steps" in fields else 0.9), fields


@pytest.mark.bad_input
def test_flat_images():
    """Here because the shape checker of the other tests knows only images of four axes."""
    model = nn.Sequential(nn.Linear(40, 30), nn.Tanh(), nn.Linear(30, 5)).eval()
    x = torch.rand(10, 40, generator=torch.Generator().manual_seed(0))
    y = model(x).argmax(1)
    for norm in (Linf(), L2()):
        x_adv = FAB(steps=8, norm=norm, restarts=2)(model, x, y)
        assert x_adv.shape == x.shape and is_broken(model, x_adv, y).all()


class Sick(nn.Module):
    """NaN logits, or a NaN gradient, as soon as the image has moved."""

    def __init__(self, logits):
        super().__init__()
        self.logits = logits

    def forward(self, x):
        p = x.flatten(1).mean(1)
        moved = (p - 0.25).abs() > 1e-3
        sick = torch.where(moved, torch.nan, p) if self.logits else p + 0 * (p - p).sqrt()
        return torch.stack([0.5 - p, sick - 0.5], 1)


@pytest.mark.bad_input
def test_a_network_that_turns_nan_is_never_called_robust():
    x, y = torch.full((2, 1, 2, 2), 0.25), torch.zeros(2, dtype=torch.long)
    with pytest.raises(ValueError, match="logits are NaN or inf for 2 of 2 images"):
        FAB()(Sick(True), x, y)
    with pytest.raises(ValueError, match="gradient .* is NaN or inf for 2 of 2 images"):
        FAB()(Sick(False), x, y)


@pytest.mark.bad_input
def test_fields_out_of_range():
    for fields, words in (
        ({"eps": -0.1}, "eps is a radius"),
        ({"eps": float("nan")}, "eps is a radius"),
        ({"steps": 0}, "steps >= 1, got 0"),
        ({"targets": 0}, "targets counts .* got 0"),
        ({"restarts": 0}, "restarts counts .* got 0"),
        ({"alpha_max": 1.1}, "alpha_max=1.1"),
        ({"eta": 0.9}, "eta=0.9"),
        ({"eta": float("inf")}, "eta=inf"),
        ({"beta": -0.1}, "beta=-0.1"),
        ({"norm": "Linf"}, r"the norm Linf\(\) or L2\(\), got Linf"),
    ):
        with pytest.raises(ValueError, match=words):
            FAB(**fields)
