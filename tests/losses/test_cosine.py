"""Cosine and Siamese loss against loops, and what happens where an embedding has no length."""

import math

import pytest
import torch

from robustlib.losses import cosine, siamese_cosine

FIRST = [[1.0, 0.0], [1.0, 1.0], [3.0, 4.0], [-2.0, 0.0], [0.5, -0.5], [0.0, 0.0]]
SECOND = [[2.0, 0.0], [1.0, 0.0], [4.0, -3.0], [1.0, 0.0], [0.5, -0.5], [1.0, 2.0]]
SAME = [True, False, True, False, True, True]


def points(dtype=torch.float32):
    return torch.tensor(FIRST, dtype=dtype), torch.tensor(SECOND, dtype=dtype), torch.tensor(SAME)


def by_loop(p, q):
    lengths = math.hypot(*p) * math.hypot(*q)
    return sum(a * b for a, b in zip(p, q, strict=True)) / lengths if lengths else 0.0


def test_against_a_loop():
    first, second, same = points()
    expected = [by_loop(p, q) for p, q in zip(FIRST, SECOND, strict=True)]
    assert expected[:3] == pytest.approx([1, math.sqrt(0.5), 0]) and expected[3] == -1
    assert cosine(first, second).tolist() == pytest.approx(expected, abs=1e-6)
    gaps = [s - c for s, c in zip(SAME, expected, strict=True)]
    assert siamese_cosine(first, second, same).tolist() == pytest.approx([g * g for g in gaps], abs=1e-6)
    found = siamese_cosine(first, second, same, absolute=True)
    assert found.tolist() == pytest.approx([abs(g) for g in gaps], abs=1e-6)


@pytest.mark.parametrize("absolute", [False, True])
def test_gradients_are_those_of_the_formula(absolute):
    first, second, same = (part[:5] for part in points(torch.float64))
    shift = torch.linspace(0.1, 0.4, 10, dtype=torch.float64).reshape(5, 2)  # away from where |.| has a corner
    given = (first + shift).requires_grad_(), second.requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: siamese_cosine(a, b, same, absolute=absolute), given)
    assert torch.autograd.gradgradcheck(lambda a, b: cosine(a, b), given)


def test_an_embedding_of_length_zero_has_no_direction_and_no_gradient():
    first, second = torch.zeros(3, 2), torch.tensor([[0.0, 0.0], [3.0, 4.0], [1e-30, 0.0]])
    first, second = first.requires_grad_(), second.requires_grad_()
    found = siamese_cosine(first, second, torch.tensor([True, False, True]))
    found.sum().backward()
    assert found.tolist() == [1, 0, 1]
    assert not first.grad.any() and not second.grad.any()


@pytest.mark.parametrize("scale", [1e-30, 1e-20, 1e-6, 1e6, 1e20, 1e37])
def test_no_other_length_overflows_or_vanishes(scale):
    first, second, same = (part[:5] for part in points())
    found = siamese_cosine(scale * first, second, same)
    torch.testing.assert_close(found, siamese_cosine(first, second, same), rtol=1e-5, atol=1e-6)
    scaled = (scale * first).requires_grad_()
    (g,) = torch.autograd.grad(cosine(scaled, second).sum(), scaled)
    assert g.isfinite().all()


def test_ranges_and_the_pull_of_each_kind():
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.randn(200, 3, generator=generator) for _ in range(2))
    same = torch.rand(200, generator=generator) < 0.5
    loss = siamese_cosine(first, second, same)
    assert loss.min() >= 0 and loss[same].max() <= 4 and loss[~same].max() <= 1 and loss[same].max() > 2
    first.requires_grad_()
    before = cosine(first, second)
    (g,) = torch.autograd.grad(siamese_cosine(first, second, same).sum(), first)
    with torch.no_grad():
        after = cosine(first - 1e-3 * g, second)
        assert (after[same] > before[same] - 1e-6).all() and (after[~same].abs() < before[~same].abs() + 1e-6).all()


@pytest.mark.bad_input
def test_pairs_that_do_not_fit():
    first, second, same = points()
    with pytest.raises(ValueError, match=r"one shape \(n, d\)"):
        cosine(first, second[:, :1])
    with pytest.raises(ValueError, match="one bool for each of 6 pairs, got torch.int64"):
        siamese_cosine(first, second, same.long())
    with pytest.raises(ValueError, match=r"one bool for each of 6 pairs, got torch.bool \(1,\)"):
        siamese_cosine(first, second, same[:1])
