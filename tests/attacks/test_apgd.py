"""Auto-PGD against algorithm 1 written out for one image, a toy computed by hand, affine closed forms, and PGD."""

from dataclasses import replace

import pytest
import torch
from attacks.targets import batch, network
from torch import nn
from torch.nn import functional

import robustlib.chapters  # noqa: F401 (they join the registry)
from robustlib.attacks import APGD, APGDT, PGD, AutoAttack
from robustlib.attacks.adaptive_step import checkpoints
from robustlib.attacks.climb import is_broken
from robustlib.datasets import load
from robustlib.experiments import load_model
from robustlib.geometry import L2, Linf
from robustlib.losses import cross_entropy, margin

NORMS = pytest.mark.parametrize("norm", [Linf(), L2()], ids=["Linf", "L2"])


class Watched(nn.Module):
    """A model that keeps what it was asked, and of how many images it gave gradients."""

    def __init__(self, model):
        super().__init__()
        self.model, self.asked, self.gradients = model, [], []

    def forward(self, x):
        self.asked.append(x.detach().clone())
        if x.requires_grad:
            x.register_hook(lambda g: self.gradients.append(len(g)))
        return self.model(x)


def bumpy():
    """The network with larger weights: on a way through the ball its loss rises and falls."""
    model = network()
    with torch.no_grad():
        model.body[0].weight.mul_(6)
        model.body[5].weight.mul_(4)
    return model


def algorithm_1(model, x, y, eps, steps, norm):
    """Croce & Hein 2020, algorithm 1, for a batch of one on the cross-entropy: the points, and the best of them."""

    def look(at):
        at = at.clone().requires_grad_(True)
        value = cross_entropy(model(at), y).sum()
        return value.item(), torch.autograd.grad(value, at)[0]

    def inside(at):
        if norm == Linf():
            return torch.maximum(torch.minimum(at, x + eps), x - eps).clamp(0, 1)
        return (x + (at - x) * min(1.0, eps / max((at - x).norm().item(), 1e-12))).clamp(0, 1)

    w = checkpoints(steps)
    here = last = best = x
    f, g = f_best, g_best = look(x)
    eta, f_then, reduced, rises, halvings = 2 * eps, f, False, 0, 0
    points = [x]
    for k in range(1, steps + 1):
        z = inside(here + eta * (g.sign() if norm == Linf() else g / g.norm()))
        new = z if k == 1 else inside(here + 0.75 * (z - here) + 0.25 * (here - last))
        last, here = here, new
        points.append(here)
        f_last, (f, g) = f, look(here)
        rises += f > f_last
        if f > f_best:
            best, f_best, g_best = here, f, g
        if k in w:
            reduced = rises < 0.75 * (k - w[w.index(k) - 1]) or (not reduced and f_best == f_then)
            f_then, rises, halvings = f_best, 0, halvings + reduced
            if reduced:
                eta, here, f, g = eta / 2, best, f_best, g_best
    return points, best, halvings


def test_checkpoints_are_the_papers():
    assert checkpoints(100) == [0, 22, 41, 57, 70, 80, 87, 93, 99]
    assert checkpoints(10) == [0, 3, 5, 6, 7, 8, 9, 10]
    for steps in range(1, 60):
        w = checkpoints(steps)
        assert w == sorted(set(w)) and w[0] == 0 and w[1] >= 1 and w[-1] <= steps


@NORMS
def test_every_image_of_a_batch_walks_as_algorithm_1_does_alone(norm):
    model = bumpy()
    x, y = batch(model, 5)
    model, x = model.double(), x.double()
    eps, halvings = 0.1 if norm == Linf() else 0.4, []
    watched = Watched(model)
    result = APGD(eps, 25, norm=norm, random_start=False)(watched, x, y)
    walked = watched.asked
    assert len(walked) == 26 and watched.gradients == [5] * 25  # one forward and one backward a step
    for i in range(5):
        points, best, halved = algorithm_1(model, x[i : i + 1], y[i : i + 1], eps, 25, norm)
        halvings.append(halved)
        for step, point in enumerate(points):
            torch.testing.assert_close(walked[step][i : i + 1], point, rtol=0, atol=1e-9)
        if not any(is_broken(model, point, y[i : i + 1]).item() for point in points):
            torch.testing.assert_close(result[i : i + 1], best, rtol=0, atol=1e-9)
    assert max(halvings) >= 2 and len(set(halvings)) > 1, "images that halve at different times say more"


class Pixel(nn.Module):
    """Two logits of one pixel p: 0, and what `f` makes of p."""

    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, x):
        p = x.flatten(1)[:, 0]
        return torch.stack([torch.zeros_like(p), self.f(p)], 1)


def test_step_halving_by_hand():
    model = Watched(Pixel(lambda p: -(p - 0.6).abs() - 1))  # a tent over 0.6 that never reaches the label's logit
    x, y = torch.full((1, 1, 1, 1), 0.5), torch.zeros(1, dtype=torch.long)
    assert checkpoints(5) == [0, 2, 3, 4, 5]
    result = APGD(0.25, 5, loss=margin, random_start=False)(model, x, y)
    # The ball is [.25, .75], the step .5. To .75; back to .4375, momentum included; nothing rose, so from .5 again with
    # .25; the rise at .625 keeps the step; it misses at .46875, and from .625 .125 reaches .53125.
    assert [p.item() for p in model.asked] == [0.5, 0.75, 0.4375, 0.625, 0.46875, 0.53125]
    assert result.item() == 0.625


def test_a_best_loss_that_stays_halves_the_step_but_not_twice_in_a_row():
    model = Watched(Pixel(lambda p: p))  # the way up is always to larger pixels, and the label's logit the larger
    told, step = [99.0, *range(6), *range(20)], 0  # never again so high, and one fall in each of two phases

    def scripted(logits, y):
        nonlocal step
        value = told[step] + logits[:, 1] - logits[:, 1].detach()
        step += 1
        return value

    x, y = torch.full((1, 1, 1, 1), 0.5), torch.ones(1, dtype=torch.long)
    assert checkpoints(25)[:4] == [0, 6, 11, 15]
    assert APGD(0.25, 25, loss=scripted, random_start=False)(model, x, y).item() == 0.5
    # From .5 to the ball's edge in one step of .5. Condition 1 does not hold: all steps but one rise. Condition 2 holds
    # at 6, not at 11 (the step was just halved), and again at 15: from .5 with .25, then .125, against the last move.
    asked = [p.item() for p in model.asked]
    assert len(asked) == step == 26, "one forward and one look at the loss a step"
    assert asked[1:7] == [0.75] * 6 and asked[7] == 0.625
    assert asked[8:16] == [0.75] * 8 and asked[16] == 0.53125


def test_the_broken_point_is_returned_although_another_has_a_higher_loss():
    model = Pixel(lambda p: p - 0.7)  # broken beyond .7, while the loss below peaks at .6

    def tent(logits, y):
        return -(logits[:, 1] + 0.1).abs()

    x, y = torch.full((1, 1, 1, 1), 0.5), torch.zeros(1, dtype=torch.long)
    assert APGD(0.25, 5, loss=tent, random_start=False)(model, x, y).item() == 0.75
    assert APGD(0.15, 5, loss=tent, random_start=False)(model, x, y).item() == pytest.approx(0.6, abs=0.06)


@NORMS
@pytest.mark.parametrize("targeted", [False, True])
def test_the_result_is_the_highest_point_of_the_walk(norm, targeted):
    model = bumpy()
    x, y = batch(model, 20)
    y = (y + 1) % 4 if targeted else y
    watched = Watched(model)
    torch.manual_seed(0)
    result = APGD(0.08 if norm == Linf() else 0.3, 15, norm=norm, loss=margin, targeted=targeted)(watched, x, y)
    sign = -1 if targeted else 1
    assert len(watched.asked) == 16
    seen = torch.stack([sign * margin(model(at), y) for at in watched.asked])
    torch.testing.assert_close(sign * margin(model(result), y), seen.amax(0), rtol=0, atol=1e-5)
    assert (seen.amax(0) > seen[0]).all() and (seen[-1] < seen.amax(0) - 1e-4).any()


def affine(classes):
    torch.manual_seed(2)
    head = nn.Linear(12, classes)
    with torch.no_grad():
        head.bias.copy_(-head.weight.sum(1) / 2)  # the boundaries meet at the grey image
    return nn.Sequential(nn.Flatten(), head).double()


@NORMS
def test_affine_models_with_two_classes(norm):
    model = affine(2)
    x, y = batch(model.float(), 8, (1, 3, 4))
    model, x = model.double(), 0.4 + 0.2 * x.double()
    w = model[1].weight.detach()
    w = (w[1 - y] - w[y]).reshape(-1, 1, 3, 4)
    best = x + 0.05 * (w.sign() if norm == Linf() else w / w.flatten(1).norm(dim=1).reshape(-1, 1, 1, 1))
    for random_start in (False, True):
        attack = APGD(0.05, 40, norm=norm, random_start=random_start)
        torch.testing.assert_close(attack(model, x, y), best, rtol=0, atol=1e-9 if norm == Linf() else 1e-4)


@pytest.mark.parametrize("eps", [0.1, 0.4, 0.9])
def test_the_corner_of_the_cube_where_the_box_clips_it(eps):
    model = affine(2)
    x, y = batch(model.float(), 8, (1, 3, 4))
    model, x = model.double(), x.double()
    x[0], x[1] = 0, 1
    w = model[1].weight.detach()
    corner = (x + eps * (w[1 - y] - w[y]).sign().reshape(-1, 1, 3, 4)).clamp(0, 1)
    torch.manual_seed(0)
    torch.testing.assert_close(APGD(eps, 20)(model, x, y), corner, rtol=0, atol=1e-12)
    torch.testing.assert_close(APGDT(eps, 20, stop_early=False)(model, x, y), corner, rtol=0, atol=1e-12)


def certified(model, x, y, eps):
    """Which images of an affine model no point of the cube breaks; x must be eps away from the box's faces."""
    w, logits = model[1].weight.detach(), model(x).detach()
    reach = logits - logits.gather(1, y[:, None]) + eps * (w[None] - w[y][:, None]).abs().sum(2)
    return (reach.scatter(1, y[:, None], -1) < 0).all(1)


@pytest.mark.parametrize("classes", [2, 3, 4, 6])
def test_targets_decide_an_affine_model_exactly(classes):
    model = affine(classes)
    x = 0.2 + 0.6 * torch.rand(60, 1, 3, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    y, eps = model(x).argmax(1), 0.03
    stands = certified(model, x, y, eps)
    assert 5 < stands.sum() < 55
    for precision in (None, torch.bfloat16) if classes == 6 else (None,):
        m, images = (model, x) if precision is None else (affine(classes).float(), x.float())
        assert torch.equal(is_broken(m, APGDT(eps, 30, precision=precision)(m, images, y), y), ~stands)


@pytest.mark.parametrize(("targets", "classes", "tried"), [(9, 4, 3), (2, 4, 2), (9, 2, 1), (1, 3, 1), (5, 12, 5)])
def test_the_likeliest_wrong_classes_are_tried_in_turn(targets, classes, tried):
    model = network(classes=classes)
    x, y = batch(model)
    seen = []

    def spy(logits, labels, target):
        seen.append((len(logits), target[0].item()))
        return margin(logits, labels)

    APGDT(1e-6, 2, targets, loss=spy)(model, x, y)
    likely = model(x[:1]).scatter(1, y[:1, None], -torch.inf).argsort(descending=True)[0, :tried].tolist()
    assert list(dict.fromkeys(seen)) == [(len(x), target) for target in likely]


def test_a_target_is_tried_only_on_the_images_still_standing():
    model = network()
    x, y = batch(model, 30)
    watched = Watched(model)
    y[:7] = (y[:7] + 1) % 4  # broken from the start
    torch.manual_seed(0)
    x_adv = APGDT(0.01, 3, random_start=False)(watched, x, y)
    sizes, standing = watched.gradients, int((~is_broken(model, x_adv, y)).sum())
    asked = [len(at) for at in watched.asked]
    assert asked[0] == 30 and len(asked) == 1 + 3 * (3 + 1), "the clean batch, three walks and the look at their ends"
    assert sizes[0] == 23 and sizes == sorted(sizes, reverse=True)
    assert len(sizes) == 9 and 23 > sizes[-1] >= standing > 5
    assert torch.equal(x_adv[:7], x[:7])
    watched.gradients.clear()
    moved = APGDT(0.01, 3, stop_early=False)(watched, x, y)
    assert watched.gradients[:4] == [30, 30, 30, standing] and not torch.equal(moved[:7], x[:7])


@pytest.mark.parametrize("make", [APGD, APGDT], ids=["APGD", "APGDT"])
def test_more_restarts_never_raise_accuracy(make):
    model = bumpy()
    x, y = batch(model, 40)
    broken = []
    for restarts in (1, 2, 8):
        torch.manual_seed(0)
        broken.append(is_broken(model, make(0.03, 1, restarts=restarts, stop_early=True)(model, x, y), y))
    assert (broken[1] | ~broken[0]).all() and (broken[2] | ~broken[1]).all()
    assert broken[2].sum() > broken[0].sum()


@NORMS
def test_stopping_early_changes_no_verdict_and_leaves_the_first_broken_point(norm):
    model = network()
    x, y = batch(model, 40)
    attack = APGD(0.05 if norm == Linf() else 0.15, 20, norm=norm)
    results = []
    for stop in (False, True):
        torch.manual_seed(0)
        results.append(replace(attack, stop_early=stop)(model, x, y))
    full, first = (is_broken(model, result, y) for result in results)
    assert torch.equal(full, first) and 0 < full.sum() < 40
    losses = [cross_entropy(model(result), y) for result in results]
    assert (losses[1][full] <= losses[0][full] + 1e-5).all() and (losses[1] < losses[0] - 0.1).any()
    torch.testing.assert_close(results[0][~full], results[1][~full], rtol=0, atol=1e-5)


class Imprecise(nn.Module):
    """The label's logit is 0; the other's is above it on .55 .. .65 in float32, and beyond .5 in reduced precision."""

    def __init__(self):
        super().__init__()
        self.body, self.head = self, nn.Identity()

    def modules(self):
        return iter((self,))

    def forward(self, x):
        p = x.flatten(1)[:, 0]
        other = p - 0.5 if torch.is_autocast_enabled("cpu") else 0.05 - (p - 0.6).abs()
        return torch.stack([torch.zeros_like(p), other], 1)


@pytest.mark.parametrize("stop_early", [False, True])
def test_what_reduced_precision_calls_broken_is_confirmed(stop_early):
    x, y = torch.full((1, 1, 1, 1), 0.6), torch.zeros(1, dtype=torch.long)
    fields = {"loss": margin, "random_start": False, "stop_early": stop_early, "precision": torch.bfloat16}
    assert APGD(0.3, 4, **fields)(Imprecise(), x, y).item() == pytest.approx(0.6)
    assert APGD(0.05, 4, **fields)(Imprecise(), x + 0.1, y).item() == pytest.approx(0.75)  # none is confirmed


@pytest.mark.parametrize(("norm", "diameter"), [(Linf(), 1.0), (L2(), 40**0.5)], ids=["Linf", "L2"])
@pytest.mark.parametrize("make", [APGD, APGDT], ids=["APGD", "APGDT"])
def test_a_radius_beyond_the_box_is_the_box(make, norm, diameter):
    model = bumpy()
    x, y = batch(model)
    results = []
    for eps in (diameter, 9.0, 1e30, 3e38):
        torch.manual_seed(0)
        results.append(make(eps, 6, norm=norm)(model, x, y))
    assert all(torch.equal(results[0], result) for result in results[1:])
    assert is_broken(model, results[0], y).all()


class Odd(nn.Module):
    """An affine model, and something added to its logits."""

    def __init__(self, add):
        super().__init__()
        self.head, self.add = nn.Linear(40, 5), add

    def forward(self, x):
        return self.head(x.flatten(1)) + self.add(x.flatten(1))


@pytest.mark.parametrize("norm", [Linf(), L2()], ids=["Linf", "L2"])
@pytest.mark.parametrize("make", [APGD, APGDT, AutoAttack], ids=["APGD", "APGDT", "AutoAttack"])
def test_nan_on_the_way_is_an_error_and_no_success(make, norm):
    x, y = torch.full((3, 2, 5, 4), 0.5), torch.zeros(3, dtype=torch.long)
    nan_outside = Odd(lambda x: torch.where((x - 0.5).abs().amax(1, keepdim=True) > 1e-3, torch.nan, 0.0))
    nan_gradient = Odd(lambda x: (x - x.detach()).abs().sqrt().sum(1, keepdim=True))
    words = "NaN or inf for 3 of 3 images"
    for model, what in ((nan_outside, "the model's logits are"), (nan_gradient, "the gradient .* is")):
        with torch.no_grad():
            model.head.bias[0] = 9  # right on the clean image
        with pytest.raises(ValueError, match=f"{what} {words}"):
            make(0.3, 5, norm=norm)(model, x, y)


@pytest.mark.parametrize("make", [APGD, APGDT, AutoAttack], ids=["APGD", "APGDT", "AutoAttack"])
def test_constant_logits(make):
    x, y = torch.rand(3, 2, 5, 4), torch.tensor([0, 1, 1])
    model = Odd(lambda x: 0 * x[:, :1])
    with torch.no_grad():
        model.head.weight.zero_()
        model.head.bias.copy_(torch.tensor([2.0, 1.0, 0.0, 0.0, 0.0]))
    attack = make(0.3, 5) if make is not AutoAttack else AutoAttack(0.3, 5, queries=5)
    x_adv = attack(model, x, y)
    assert Linf().size(x_adv - x).max() <= 0.3 + 1e-6 and is_broken(model, x_adv, y).tolist() == [False, True, True]


@pytest.fixture(scope="module")
def trained():
    model = load_model("rr-lenet-softmax")
    x, y = load("mnist_5k").test[:40]
    right = ~is_broken(model, x, y)
    return model, x[right], y[right]


@pytest.mark.parametrize(("norm", "eps"), [(Linf(), 0.1), (L2(), 1.5)], ids=["Linf", "L2"])
def test_auto_pgd_is_not_weaker_than_pgd_on_a_trained_network(trained, norm, eps):
    model, x, y = trained
    standing = {}
    for name, attack in (
        ("PGD", PGD(eps, 30, norm=norm, stop_early=True)),
        ("APGD", APGD(eps, 40, norm=norm, stop_early=True)),
        ("bf16", APGD(eps, 40, norm=norm, stop_early=True, precision=torch.bfloat16)),
    ):
        torch.manual_seed(0)
        standing[name] = int((~is_broken(model, attack(model, x, y), y)).sum())
    assert standing["APGD"] <= standing["PGD"]
    assert abs(standing["bf16"] - standing["APGD"]) <= 1
    assert 5 < standing["APGD"] < 35


@pytest.mark.bad_input
@pytest.mark.parametrize("make", [APGD, APGDT], ids=["APGD", "APGDT"])
def test_fields_out_of_range(make):
    for eps in (-0.1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="eps is a radius"):
            make(eps)
    with pytest.raises(ValueError, match="steps >= 1, got 0"):
        make(steps=0)
    with pytest.raises(ValueError, match="restarts >= 1, got 0"):
        make(restarts=0)
    for name in ("rho", "alpha"):
        for value in (-0.1, 1.1, float("nan")):
            with pytest.raises(ValueError, match=f"{name} is a share"):
                make(**{name: value})
    with pytest.raises(ValueError, match="targets counts.*got 0"):
        APGDT(targets=0)


@pytest.mark.bad_input
@pytest.mark.parametrize("n", [1, 6])
def test_a_loss_that_is_reduced_or_nan_is_refused(n):
    model = network()
    x, y = batch(model, n)
    for loss in (functional.cross_entropy, lambda logits, y: logits):
        with pytest.raises(ValueError, match=f"one value for each of {n} images.*reduction"):
            APGD(0.1, 3, loss=loss)(model, x, y)
    with pytest.raises(ValueError, match="one value for each"):
        APGDT(0.1, 3, loss=lambda logits, y, t: logits.sum())(model, x, y)
    with pytest.raises(ValueError, match="loss is NaN"):
        APGD(0.1, 3, loss=lambda logits, y: (margin(logits, y) - 99).log())(model, x, y)
