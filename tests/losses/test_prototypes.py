"""Proximity and separation against double loops over hand-placed points and prototypes."""

import math

import pytest
import torch

from robustlib.losses import prototype_conformity, proximity, separation

Z = [[0.0, 0.0], [4.0, 0.0], [10.0, 3.0], [2.0, 3.0]]
W = [[0.0, 1.0], [6.0, 0.0], [10.0, 0.0]]
Y = [0, 1, 2, 0]  # of the points; every class has one, and 0 has two


def given(dtype=torch.float32):
    return torch.tensor(Z, dtype=dtype), torch.tensor(Y), torch.tensor(W, dtype=dtype)


def away(z, y, squared):
    total = 0.0
    for j, w in enumerate(W):
        if j != y:
            total += math.dist(z, w) ** 2 if squared else math.dist(z, w) + math.dist(W[y], w)
    return total / (len(W) - 1)


@pytest.mark.parametrize("squared", [False, True], ids=["printed", "released"])
def test_against_loops(squared):
    z, y, w = given()
    near = [math.dist(p, W[c]) ** (2 if squared else 1) for p, c in zip(Z, Y, strict=True)]
    far = [away(p, c, squared) for p, c in zip(Z, Y, strict=True)]
    assert proximity(z, y, w, squared=squared).tolist() == pytest.approx(near, abs=1e-5)
    assert separation(z, y, w, squared=squared).tolist() == pytest.approx(far, rel=1e-6)
    if not squared:
        whole = [a - b for a, b in zip(near, far, strict=True)]
        assert prototype_conformity(z, y, w).tolist() == pytest.approx(whole, rel=1e-5)


@pytest.mark.parametrize("squared", [False, True], ids=["printed", "released"])
def test_gradients_are_those_of_the_formula(squared):
    z, y, w = given(torch.float64)
    points = (z + 0.1).requires_grad_(), w.requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: proximity(a, y, b, squared=squared), points)
    assert torch.autograd.gradcheck(lambda a, b: separation(a, y, b, squared=squared), points)


def test_it_has_no_minimum():
    z, y, w = given()
    before = prototype_conformity(z, y, w)
    assert (before < 0).all()
    torch.testing.assert_close(prototype_conformity(1e3 * z, y, 1e3 * w), 1e3 * before)


def test_points_on_their_prototypes_and_prototypes_that_meet():
    w = torch.zeros(3, 2, requires_grad=True)
    z = torch.zeros(4, 2, requires_grad=True)
    prototype_conformity(z, torch.tensor(Y), w).sum().backward()
    assert z.grad.isfinite().all() and w.grad.isfinite().all()
    assert proximity(z[:0], torch.tensor(Y)[:0], w).shape == (0,)


def test_a_class_absent_from_the_batch_is_still_pushed_away():
    z, _, w = given()
    w.requires_grad_()
    y = torch.zeros(4, dtype=torch.long)
    (near,) = torch.autograd.grad(proximity(z, y, w).sum(), w)
    (far,) = torch.autograd.grad(separation(z, y, w).sum(), w)
    assert near[0].any() and not near[1:].any() and far.any(1).all()


@pytest.mark.bad_input
@pytest.mark.parametrize("of", [proximity, separation, prototype_conformity])
def test_what_does_not_fit(of):
    z, y, w = given()
    with pytest.raises(ValueError, match="two prototypes or more"):
        of(z, y, w[:1])
    with pytest.raises(ValueError, match=r"as wide as they are, got \(3, 1\)"):
        of(z, y, w[:, :1])
    with pytest.raises(ValueError, match="one label for each of the 4 embeddings"):
        of(z, y[:1], w)
