"""ILCM against a plain loop, LL against one step by hand, and the closed form on linear models."""

from dataclasses import replace

import pytest
import torch
from attacks.targets import batch, network
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from robustlib.attacks import BIM, FGSM, ILCM, PGD, Relabel, least_likely
from robustlib.attacks.climb import is_broken
from robustlib.geometry import L2, Linf
from robustlib.losses import cross_entropy, dlr, margin
from robustlib.models import Classifier


@pytest.fixture
def target():
    model = network()
    return model, *batch(model, 20)


def test_by_hand(target):
    model, x, y = target
    goal, x_adv = model(x).argmin(1), x.clone()
    for _ in range(5):
        leaf = x_adv.clone().requires_grad_(True)
        (g,) = torch.autograd.grad(nn.functional.cross_entropy(model(leaf), goal, reduction="sum"), leaf)
        x_adv = (x_adv - 0.03 * g.sign()).clamp(x - 0.1, x + 0.1).clamp(0, 1)
    torch.testing.assert_close(ILCM(0.1, 5, alpha=0.03)(model, x, y), x_adv, rtol=0, atol=1e-6)


@pytest.mark.parametrize("norm", [Linf(), L2()], ids=["Linf", "L2"])
def test_one_step_is_ll_and_the_default_step_is_eps_over_steps(target, norm):
    model, x, y = target
    ll = FGSM(0.2, norm=norm, targeted=True)(model, x, model(x).argmin(1))
    torch.testing.assert_close(ILCM(0.2, 1, norm=norm)(model, x, y), ll, rtol=0, atol=1e-6)
    assert torch.equal(ILCM(0.2, 10, norm=norm)(model, x, y), ILCM(0.2, 10, 0.02, norm)(model, x, y))


@pytest.mark.parametrize(
    "fields",
    [{}, {"stop_early": True}, {"loss": margin}, {"norm": L2(), "alpha": 0.05}],
    ids=lambda f: "-".join(f) or "plain",
)
def test_it_is_the_targeted_bim_relabelled_with_every_field_handed_on(target, fields):
    model, x, y = target
    bim = BIM(0.15, 7, targeted=True, **fields)
    x_adv = ILCM(0.15, 7, **fields)(model, x, y)
    assert torch.equal(x_adv, Relabel(bim, least_likely)(model, x, y))
    assert not fields or not torch.equal(x_adv, ILCM(0.15, 7)(model, x, y))
    low = ILCM(0.15, 7, **fields, precision=torch.bfloat16)(model, x, y)
    assert not torch.equal(low, x_adv)  # it did reach the search


def test_it_raises_the_least_likely_class_and_more_steps_raise_it_more(target):
    model, x, y = target
    goal = model(x).argmin(1)
    loss = [cross_entropy(model(ILCM(0.2, steps)(model, x, y)), goal).mean().item() for steps in (1, 10)]
    assert loss[1] < loss[0] < cross_entropy(model(x), goal).mean().item()
    assert is_broken(model, ILCM(0.2, 10)(model, x, y), goal, targeted=True).float().mean() > 0.4


def test_on_a_linear_model_the_best_corner_of_the_clipped_cube():
    torch.manual_seed(0)
    head = nn.Linear(12, 2).double()
    model = Classifier(nn.Flatten(), head).eval()
    x = torch.rand(6, 1, 3, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    y = model(x).argmax(1)
    way = (head.weight[1 - y] - head.weight[y]).reshape(x.shape)
    best = torch.where(way > 0, (x + 0.4).clamp(max=1), (x - 0.4).clamp(min=0))
    for steps in (1, 4):
        torch.testing.assert_close(ILCM(0.4, steps)(model, x, y), best, rtol=0, atol=1e-12)


@pytest.mark.parametrize("loss", [cross_entropy, margin, dlr])
@pytest.mark.parametrize("classes", [2, 3, 4, 1000])
def test_every_loss_moves_every_image_for_any_number_of_classes(loss, classes):
    model = network(classes=classes)
    x, y = batch(model, 10)
    x_adv = ILCM(0.1, 4, loss=loss)(model, x, y)
    goal = least_likely(model(x), y)
    assert (x_adv != x).flatten(1).any(1).all()  # with three classes the DLR of the last one is constantly 1
    assert margin(model(x_adv), goal).mean() < margin(model(x), goal).mean() - 0.1


@settings(max_examples=12)
@given(eps=st.floats(0, 1), steps=st.integers(1, 5), seed=st.integers(0, 50), euclidean=st.booleans())
def test_inside_the_ball_and_the_box(eps, steps, seed, euclidean):
    model, norm = network(), L2() if euclidean else Linf()
    x, y = batch(model, 3, seed=seed)
    x_adv = ILCM(eps, steps, norm=norm)(model, x, y)
    assert x_adv.min() >= 0 and x_adv.max() <= 1 and norm.size(x_adv - x).max() <= eps + 1e-5
    assert eps < 1e-6 or not torch.equal(x_adv, x)


def test_stopping_early_leaves_an_image_at_its_first_iterate_in_the_least_likely_class(target):
    model, x, y = target
    goal = model(x).argmin(1)
    x_adv = ILCM(0.1, 8, stop_early=True)(model, x, y)
    expected, open_ = x.clone(), torch.ones_like(y, dtype=torch.bool)
    for steps in range(1, 9):  # alpha is fixed, so that fewer steps are a beginning of the same path
        iterate = ILCM(0.1, steps, alpha=0.1 / 8)(model, x, y)
        expected[open_] = iterate[open_]
        open_ &= ~is_broken(model, iterate, goal, targeted=True)
    torch.testing.assert_close(x_adv, expected, rtol=0, atol=1e-5)
    assert 0 < open_.sum() < 20


def test_constant_logits_and_an_unusual_batch():
    model = network(classes=3)
    nn.init.zeros_(model.head.weight)
    x, _ = batch(model, 4)
    for y in (torch.zeros(4, dtype=torch.long), torch.full((4,), 2)):
        assert torch.equal(ILCM(0.3)(model, x, y), x)  # no gradient says where to go
    assert ILCM(0.3)(model, x[:0], y[:0]).shape == (0, *x.shape[1:])


@pytest.mark.bad_input
def test_flat_vectors_and_fields_out_of_range():
    model = nn.Sequential(nn.Linear(12, 8), nn.Tanh(), nn.Linear(8, 3)).eval()
    x = torch.rand(5, 12, generator=torch.Generator().manual_seed(0))
    y = model(x).argmax(1)
    square = nn.Sequential(nn.Flatten(), model)
    for attack in (ILCM(0.2), Relabel(PGD(0.2, 3, random_start=False))):
        assert torch.equal(attack(square, x.reshape(5, 1, 3, 4), y).flatten(1), attack(model, x, y))
    with pytest.raises(ValueError, match="eps is a radius"):
        ILCM(-0.1)
    with pytest.raises(ValueError, match="steps >= 1, got 0"):
        ILCM(steps=0)
    with pytest.raises(ValueError, match="alpha must be > 0"):
        replace(ILCM(), alpha=0.0)
