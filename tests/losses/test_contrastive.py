"""The contrastive loss against a naive loop, its pull and push, and where it rests."""

import math

import pytest
import torch

from robustlib.losses import contrastive


def pairs(n=40, d=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    first, second = (torch.randn(n, d, generator=generator, dtype=torch.float64) for _ in range(2))
    return first, second, torch.arange(n) % 3 == 0


@pytest.mark.parametrize("margin", [0.5, 2.0, 10.0])
def test_by_naive_loop(margin):
    first, second, same = pairs()
    loss = contrastive(first, second, same, margin)
    assert loss.shape == (40,)
    for i, (a, b) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        g = math.sqrt(sum((s - t) ** 2 for s, t in zip(a, b, strict=True)))
        expected = g**2 / 2 if same[i] else max(0.0, margin - g) ** 2 / 2
        assert loss[i].item() == pytest.approx(expected, abs=1e-6)
    assert (loss[same] > 0).all()
    assert (loss[~same] == 0).any() == (margin < 10)


def test_by_hand():
    a, b = torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0]])
    same, other = torch.tensor([True]), torch.tensor([False])
    assert contrastive(a, b, same, 1.0).item() == pytest.approx(12.5)
    assert contrastive(a, b, other, 7.0).item() == pytest.approx(2.0)
    assert contrastive(a, b, other, 5.0).item() == 0 == contrastive(a, b, other, 1.0).item()
    assert contrastive(a, a, same).item() == 0 and contrastive(a, a, other, 3.0).item() == pytest.approx(4.5)


def test_a_step_against_the_gradient_pulls_one_kind_and_pushes_the_other():
    first, second, same = pairs()
    second.requires_grad_()
    contrastive(first, second, same, 10.0).sum().backward()
    with torch.no_grad():
        before = (first - second).norm(dim=1)
        after = (first - (second - 1e-3 * second.grad)).norm(dim=1)
    assert (after[same] < before[same]).all() and (after[~same] > before[~same]).all()


def test_gradient_is_that_of_the_formula_and_ends_at_the_margin():
    first, second, same = pairs()
    second.requires_grad_()
    contrastive(first, second, same, 2.0).sum().backward()
    way = (second - first).detach()
    g = way.norm(dim=1, keepdim=True)
    pushed = torch.where(g < 2, -(2 - g) * way / g, torch.zeros_like(way))
    torch.testing.assert_close(second.grad, torch.where(same[:, None], way, pushed))
    assert (g[~same] >= 2).any() and (g[~same] < 2).any()


def test_gradient_is_finite_where_points_meet():
    z = torch.ones(2, 4, requires_grad=True)
    contrastive(z, torch.ones(2, 4), torch.tensor([True, False])).sum().backward()
    assert torch.isfinite(z.grad).all() and (z.grad == 0).all()


@pytest.mark.parametrize("margin", [0.0, -1.0, math.nan], ids=str)
def test_without_a_margin_everything_may_collapse(margin):
    first, second, same = pairs()
    with pytest.raises(ValueError, match="contrastive margin must be > 0"):
        contrastive(first, second, same, margin)


@pytest.mark.bad_input
def test_one_bool_for_each_pair():
    first, second, same = pairs()
    for wrong, said in ((same[:1], r"40 pairs, got torch.bool \(1,\)"), (same.long(), r"got torch.int64 \(40,\)")):
        with pytest.raises(ValueError, match=said):
            contrastive(first, second, wrong)
