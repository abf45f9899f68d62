"""DunDi's loss against naive loops, its gradient, and what the free scale of the embedding does to it."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from robustlib.losses import discrepancy, sigmoid_triplet
from robustlib.models import NearestOracles, TwoStep

UNIT = pytest.mark.parametrize("unit", [False, True], ids=["plain", "unit"])


def points(n=12, d=5, spread=1.0, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [spread * torch.randn(n, d, generator=generator, dtype=torch.float64) for _ in range(3)]


def naive_distance(a, b, unit):
    a, b = a.tolist(), b.tolist()
    if unit:
        a, b = ([v / math.sqrt(sum(w * w for w in z)) for v in z] for z in (a, b))
    return math.sqrt(sum((s - t) ** 2 for s, t in zip(a, b, strict=True)))


@UNIT
@pytest.mark.parametrize("spread", [0.1, 1.0, 5.0])
def test_loss_and_discrepancy_by_naive_loop(unit, spread):
    anchors, positives, negatives = points(spread=spread)
    loss = sigmoid_triplet(anchors, positives, negatives, unit=unit)
    h = discrepancy(anchors, positives, negatives, unit=unit)
    assert loss.shape == h.shape == (12,)
    for i, (a, p, n) in enumerate(zip(anchors, positives, negatives, strict=True)):
        expected = 1 / (1 + math.exp(-(naive_distance(a, n, unit) - naive_distance(a, p, unit))))
        assert h[i].item() == pytest.approx(expected, abs=1e-9)
        assert loss[i].item() == pytest.approx(1 - expected, abs=1e-9)


def test_by_hand_with_plain_distances_not_squared_ones():
    a, p, n = torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0]]), torch.tensor([[0.0, 2.0]])
    assert sigmoid_triplet(a, p, n).item() == pytest.approx(1 / (1 + math.exp(2 - 5)))
    assert sigmoid_triplet(a, n, p).item() == pytest.approx(1 / (1 + math.exp(5 - 2)))
    assert sigmoid_triplet(a, p, p).item() == 0.5
    along = sigmoid_triplet(
        torch.tensor([[2.0, 0.0]]), torch.tensor([[7.0, 0.0]]), torch.tensor([[-1.0, 0.0]]), unit=True
    )
    assert along.item() == pytest.approx(1 / (1 + math.exp(2)), rel=1e-5)  # the lowest there is at unit length


@UNIT
def test_pulls_the_positive_and_pushes_the_negative(unit):
    anchors, positives, negatives = (z.requires_grad_() for z in points())
    sigmoid_triplet(anchors, positives, negatives, unit=unit).sum().backward()
    with torch.no_grad():
        before = sigmoid_triplet(anchors, positives, negatives, unit=unit)
        nearer = sigmoid_triplet(anchors, positives - 1e-3 * positives.grad, negatives, unit=unit)
        further = sigmoid_triplet(anchors, positives, negatives - 1e-3 * negatives.grad, unit=unit)
        moved = sigmoid_triplet(anchors - 1e-3 * anchors.grad, positives, negatives, unit=unit)
    assert (nearer < before).all() and (further < before).all() and (moved < before).all()


def test_gradient_is_that_of_the_formula():
    anchors, positives, negatives = points()
    positives.requires_grad_()
    loss = sigmoid_triplet(anchors, positives, negatives)
    loss.sum().backward()
    towards = torch.nn.functional.normalize(positives - anchors, dim=1).detach()
    torch.testing.assert_close(positives.grad, (loss * (1 - loss)).detach()[:, None] * towards)


@UNIT
def test_gradient_is_finite_where_points_meet(unit):
    z = torch.ones(3, 4, requires_grad=True)
    sigmoid_triplet(z, z, z, unit=unit).sum().backward()
    assert torch.isfinite(z.grad).all()


def test_small_losses_are_not_rounded_to_zero_and_their_gradient_fades():
    a, p = torch.zeros(3, 2), torch.zeros(3, 2)
    n = torch.tensor([[20.0, 0.0], [40.0, 0.0], [200.0, 0.0]], requires_grad=True)
    loss = sigmoid_triplet(a, p, n)
    assert loss[:2].tolist() == pytest.approx([math.exp(-20), math.exp(-40)], rel=1e-4)
    assert 1 - discrepancy(a, p, n)[1] == 0  # what the printed order of operations gives
    (g,) = torch.autograd.grad(loss.sum(), n)
    assert g[0, 0].item() == pytest.approx(-math.exp(-20), rel=1e-4) and g[2].abs().sum() == 0  # saturated


@given(st.floats(1.1, 30), st.integers(0, 50))
@settings(max_examples=15)
def test_scaling_the_embedding_changes_the_loss_and_not_one_decision(scale, seed):
    generator = torch.Generator().manual_seed(seed)
    z, oracles = (torch.randn(n, 6, generator=generator, dtype=torch.float64) for n in (30, 12))
    y = torch.arange(12) % 4
    for build in (
        lambda o: NearestOracles(o, y, 4),
        lambda o: TwoStep(o, y, 4, m=2, k=2),
        lambda o: TwoStep(o, y, 4, m=2, k=2, literal=True),
    ):
        before, after = build(oracles)(z), build(scale * oracles)(scale * z)
        assert torch.equal(before.argmax(1), after.argmax(1))
        torch.testing.assert_close(after, scale * before)
    tuples = z.chunk(3)
    loss, scaled = sigmoid_triplet(*tuples), sigmoid_triplet(*(scale * part for part in tuples))
    right = loss < 0.5
    assert (scaled[right] < loss[right]).all() and (scaled[~right] > loss[~right]).all()
    torch.testing.assert_close(
        sigmoid_triplet(*tuples, unit=True), sigmoid_triplet(*(scale * part for part in tuples), unit=True)
    )


def test_a_large_scale_brings_the_loss_of_ordered_tuples_to_zero():
    anchors, positives, negatives = points()
    ordered = discrepancy(anchors, positives, negatives) > 0.5
    huge = sigmoid_triplet(*(1e4 * z for z in (anchors, positives, negatives)))
    assert (huge[ordered] < 1e-9).all() and (huge[~ordered] > 1 - 1e-9).all() and 0 < ordered.sum() < 12
    apart = sigmoid_triplet(anchors, positives, negatives, unit=True)
    assert 1 / (1 + math.exp(2)) <= apart.min() and apart.max() <= 1 / (1 + math.exp(-2))
