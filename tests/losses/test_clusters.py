"""Quantities of the clusters of a batch against double loops, and what an absent or a lonely class does to them."""

import math

import pytest
import torch

from robustlib.losses import cluster_distance, margin_objective, reduce_variance, to_class_mean

# Classes 0 and 3 of three and two examples, class 5 of one; 1, 2 and 4 are absent.
Z = [[0.0, 0.0], [4.0, 0.0], [10.0, 3.0], [2.0, 3.0], [10.0, 5.0], [-1.0, -1.0]]
Y = [0, 0, 3, 0, 3, 5]


def batch(dtype=torch.float32, grad=False):
    return torch.tensor(Z, dtype=dtype, requires_grad=grad), torch.tensor(Y)


def members():
    return [[z for z, y in zip(Z, Y, strict=True) if y == c] for c in sorted(set(Y))]


def middle(rows):
    return [sum(column) / len(rows) for column in zip(*rows, strict=True)]


def printed():
    widths = [sum(math.dist(z, middle(rows)) for z in rows) / len(rows) for rows in members()]
    return sum(widths) / len(widths)


def released():
    total = 0.0
    for rows in members():
        for j in range(2):
            variance = sum((z[j] - middle(rows)[j]) ** 2 for z in rows) / len(rows)
            total += variance**2 / 2
    return total


def apart():
    means = [middle(rows) for rows in members()]
    pairs = [(a, b) for i, a in enumerate(means) for j, b in enumerate(means) if i != j]
    return sum(math.dist(a, b) for a, b in pairs) / len(pairs)


def test_against_loops():
    z, y = batch()
    middles = dict(zip(sorted(set(Y)), map(middle, members()), strict=True))
    expected = [math.dist(point, middles[label]) for point, label in zip(Z, Y, strict=True)]
    assert to_class_mean(z, y).tolist() == pytest.approx(expected, abs=2e-6)
    assert reduce_variance(z, y).item() == pytest.approx(printed(), abs=1e-6)
    assert reduce_variance(z, y, "released").item() == pytest.approx(released(), rel=1e-6)
    assert cluster_distance(z, y).item() == pytest.approx(apart(), rel=1e-6)
    assert margin_objective(z, y).item() == pytest.approx(printed() - apart(), rel=1e-6)


def test_the_angular_proxy_against_a_loop():
    z, y = batch()
    means = [middle(rows) for rows in members()]
    cosines = [
        sum(p * q for p, q in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b))
        for i, a in enumerate(means)
        for j, b in enumerate(means)
        if i != j
    ]
    expected = 1 - sum(cosines) / len(cosines)
    assert cluster_distance(z, y, angular=True).item() == pytest.approx(expected, rel=1e-5)
    assert margin_objective(z, y, angular=True).item() == pytest.approx(printed() - expected, rel=1e-5)


def test_the_raw_objective_has_no_minimum_and_its_proxy_has_one():
    z, y = batch()
    assert margin_objective(z, y) < 0
    for scale in (1e1, 1e3, 1e5):
        torch.testing.assert_close(margin_objective(scale * z, y), scale * margin_objective(z, y))
        assert margin_objective(scale * z, y, angular=True) >= -2
    points, free = z.clone().requires_grad_(), z.clone().requires_grad_()
    for value, angular in ((points, False), (free, True)):
        optimizer = torch.optim.SGD([value], 1.0)
        for _ in range(400):
            optimizer.zero_grad()
            margin_objective(value, y, angular=angular).backward()
            optimizer.step()
    assert points.abs().max() > 100 and free.abs().max() < 50


@pytest.mark.parametrize("form", ["printed", "released"])
def test_gradients_are_those_of_the_formula(form):
    z, y = batch(torch.float64, grad=True)
    assert torch.autograd.gradcheck(lambda points: reduce_variance(points[:5], y[:5], form), z)
    for angular in (False, True):
        assert torch.autograd.gradcheck(lambda points, angular=angular: cluster_distance(points, y, angular=angular), z)


@pytest.mark.parametrize("form", ["printed", "released"])
def test_a_class_of_one_example_and_an_absent_class(form):
    z, y = batch(grad=True)
    (g,) = torch.autograd.grad(reduce_variance(z, y, form), z)
    assert g.isfinite().all() and not g[5].any() and g[:5].any(1).all()
    moved = torch.where(y == 5, 77, y)  # another absent class, another number for the lonely one
    torch.testing.assert_close(reduce_variance(z, moved, form), reduce_variance(z, y, form))
    alone = torch.arange(6)
    (g,) = torch.autograd.grad(reduce_variance(z, alone, form), z)
    assert reduce_variance(z, alone, form) <= 1.1e-6 and not g.any()


def test_one_class_and_an_empty_batch():
    z, y = batch(grad=True)
    one = torch.zeros_like(y)
    for angular in (False, True):
        found = cluster_distance(z, one, angular=angular)
        (g,) = torch.autograd.grad(found, z)
        assert found == 0 and not g.any()
        assert cluster_distance(z[:0], y[:0], angular=angular) == 0
    assert reduce_variance(z[:0], y[:0]) == 0 and reduce_variance(z[:0], y[:0], "released") == 0
    assert to_class_mean(z[:0], y[:0]).shape == (0,)


def test_points_that_meet_have_a_finite_gradient():
    z = torch.ones(6, 3, requires_grad=True)
    for value in (reduce_variance(z, torch.tensor(Y)), cluster_distance(z, torch.tensor(Y))):
        (g,) = torch.autograd.grad(value, z)
        assert g.isfinite().all()
    origin = torch.zeros(6, 3, requires_grad=True)
    (g,) = torch.autograd.grad(cluster_distance(origin, torch.tensor(Y), angular=True), origin)
    assert g.isfinite().all()


def test_order_of_the_examples_does_not_count():
    z, y = batch()
    order = torch.tensor([4, 1, 5, 0, 3, 2])
    torch.testing.assert_close(to_class_mean(z[order], y[order]), to_class_mean(z, y)[order])
    for of in (reduce_variance, cluster_distance, margin_objective):
        torch.testing.assert_close(of(z[order], y[order]), of(z, y))


@pytest.mark.bad_input
def test_what_does_not_fit():
    z, y = batch()
    for of in (to_class_mean, reduce_variance, cluster_distance, margin_objective):
        with pytest.raises(ValueError, match="one label for each row"):
            of(z, y[:1])
        with pytest.raises(ValueError, match="one label for each row"):
            of(z[:, 0], y)
    with pytest.raises(ValueError, match="one of printed, released, got 'code'"):
        reduce_variance(z, y, "code")
