"""Pang et al. 2018, lemma 1 and theorems 1 and 2, as numbers: where they hold, and what they do not say."""

import math

import pytest
import torch

from robustlib.detectors import non_maximal_entropy
from robustlib.losses import (
    boundary_confidence,
    reverse_difference_bound,
    reverse_error_bound,
    smoothed_difference,
    smoothed_label,
    worst_difference_logits,
    worst_error_logits,
)

CLASSES = pytest.mark.parametrize("k", [3, 4, 10, 100])
FACTORS = (0.02, 0.4)  # alpha (L - 1)


def draw(n, k, seed=0):
    return 2 * torch.randn(n, k, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def lower_greatest(logits, amount):
    """The manifold of lemma 1: the non-maximal logits keep their differences, so only the greatest one moves."""
    moved = logits.clone()
    return moved.scatter_add_(1, logits.argmax(1)[:, None], -amount[:, None])


def gap(logits):
    """The greatest logit minus the second."""
    first, second = logits.topk(2, 1).values.T
    return first - second


@CLASSES
def test_lemma_1_entropy_is_constant_along_the_manifold(k):
    logits = draw(200, k)
    before = non_maximal_entropy(logits)
    for share in (-2.0, 0.3, 0.9, 0.999):
        moved = lower_greatest(logits, share * gap(logits))
        torch.testing.assert_close(non_maximal_entropy(moved + 5 * share), before)  # a common shift changes nothing
    assert before.std() > 0.01, "not constant everywhere"


@CLASSES
def test_lemma_1_entropy_changes_off_the_manifold(k):
    """The control: one non-maximal logit moved alone changes the entropy."""
    logits = draw(200, k)
    least = logits.argmin(1)[:, None]
    moved = logits.scatter_add(1, least, torch.full((200, 1), -1.0, dtype=torch.float64))
    assert (non_maximal_entropy(moved) < non_maximal_entropy(logits) - 1e-9).all()


@CLASSES
def test_lemma_1_the_maximum_is_log_of_the_others_on_equal_logits_only(k):
    equal = torch.zeros(1, k, dtype=torch.float64)
    equal[0, 1] = 7
    top = non_maximal_entropy(equal).item()
    assert top == pytest.approx(math.log(k - 1), rel=1e-9)
    bent = equal.repeat(100, 1)
    bent[:, 2:] += 0.5 * draw(100, k)[:, 2:]
    bent[:, 1] = 12
    assert (non_maximal_entropy(bent) < top - 1e-6).all() and (non_maximal_entropy(bent) > 0).all()


@CLASSES
def test_theorem_1_by_walking_to_the_boundary(k):
    """Lower the greatest logit until it is the second: the softmax there, against the closed form."""
    logits = draw(200, k)
    there = lower_greatest(logits, gap(logits))
    torch.testing.assert_close(boundary_confidence(logits), there.softmax(1).max(1).values)
    along = lower_greatest(logits, 0.7 * gap(logits))
    torch.testing.assert_close(boundary_confidence(along), boundary_confidence(logits))


@CLASSES
def test_theorem_1_the_least_confidence_is_one_over_classes_on_equal_logits_only(k):
    equal = torch.zeros(3, k, dtype=torch.float64)
    equal[range(3), [0, 1, k - 1]] = torch.tensor([0.5, 3, 20], dtype=torch.float64)
    torch.testing.assert_close(boundary_confidence(equal), torch.full((3,), 1 / k, dtype=torch.float64))
    elsewhere = boundary_confidence(draw(500, k))
    assert (elsewhere > 1 / k + 1e-6).all() and (elsewhere < 0.5).all()


def test_theorem_1_does_not_order_two_points_by_entropy():
    """More entropy does not mean less confidence at the boundary: only the end of the scale is tied."""
    one_far = torch.tensor([[9.0, 0.0, 0.0, 0.0, -9.0]])
    one_near = torch.tensor([[9.0, 1.0, 0.0, 0.0, 0.0]])
    assert non_maximal_entropy(one_near) > non_maximal_entropy(one_far)
    assert boundary_confidence(one_near) > boundary_confidence(one_far)


def distances(logits):
    """For class 0: distance to the reverse label, error of the negated logits, largest non-maximal difference."""
    k, y = logits.shape[-1], torch.tensor([0])
    off = (logits.softmax(-1) - smoothed_label(y, k, math.inf).double()).abs().amax(-1)
    reverse = (-logits).softmax(-1)
    error = (reverse - smoothed_label(y, k, 0.0).double()).abs().amax(-1)
    return off, error, reverse[..., 1:].amax(-1) - reverse[..., 1:].amin(-1)


def ascend(k, alpha, value, n=6, steps=100):
    """The largest value found over softmax probabilities at most alpha from the reverse label of class 0."""
    generator = torch.Generator().manual_seed(0)
    label = smoothed_label(torch.tensor([0]), k, math.inf).double()
    low, high = (label - alpha).clamp(min=1e-12), label + alpha

    def into(p):
        """The nearest distribution in the box: one shift for all, by bisection."""
        below, above = -torch.ones(len(p), 1).double(), torch.ones(len(p), 1).double()
        for _ in range(34):
            shift = (below + above) / 2
            less = (p + shift).clamp(low, high).sum(1, keepdim=True) < 1
            below, above = torch.where(less, shift, below), torch.where(less, above, shift)
        return (p + shift).clamp(low, high)

    p = into(label + alpha * (2 * torch.rand(n, k, generator=generator).double() - 1))
    best = 0.0
    for i in range(steps):
        p.requires_grad_(True)
        found = value((1 / p) / (1 / p).sum(1, keepdim=True))
        best = max(best, found.max().item())
        (slope,) = torch.autograd.grad(found.sum(), p)
        slope /= slope.abs().amax(1, keepdim=True).clamp(min=1e-300)
        p = into((p + 0.3 * alpha * (1 - i / steps) ** 2 * slope).detach())
    return best


@pytest.mark.parametrize("factor", FACTORS)
@CLASSES
def test_theorem_2_the_worst_logits_are_the_worst_and_within_the_bounds(k, factor):
    alpha = factor / (k - 1)
    off, error, _ = distances(worst_error_logits(alpha, k))
    assert off.item() == pytest.approx(alpha, rel=1e-5)
    others, u = k - 1, factor
    s = others * (others + u - (u * u if others % 2 == 0 else 0)) / (1 - u * u)
    assert error.item() == pytest.approx(alpha * s / (1 + alpha * s), rel=1e-9)
    assert error <= reverse_error_bound(alpha, k)
    found = ascend(k, alpha, lambda q: 1 - q[:, 0])
    assert 0.9 * error.item() < found <= error.item() * (1 + 1e-6)

    off, _, difference = distances(worst_difference_logits(alpha, k))
    assert off.item() == pytest.approx(alpha, rel=1e-5)
    assert difference <= reverse_difference_bound(alpha, k)
    found = ascend(k, alpha, lambda q: q[:, 1] - q[:, 2])
    assert 0.9 * difference.item() < found <= difference.item() * (1 + 1e-6)


@CLASSES
def test_theorem_2_is_tight_as_alpha_vanishes(k):
    alpha = 1e-3 / (k - 1) ** 2
    _, error, _ = distances(worst_error_logits(alpha, k))
    _, _, difference = distances(worst_difference_logits(alpha, k))
    assert 0.99 < error / reverse_error_bound(alpha, k) <= 1
    reached = (difference / reverse_difference_bound(alpha, k)).item()
    assert reached == pytest.approx(0.5 if k == 3 else 1.0, rel=0.01)


@pytest.mark.parametrize("factor", [0.7, 1.2])
@pytest.mark.parametrize("k", [3, 10])
def test_theorem_2_also_holds_where_alpha_is_not_small(k, factor):
    alpha = factor / (k - 1)
    assert ascend(k, alpha, lambda q: 1 - q[:, 0]) <= reverse_error_bound(alpha, k)
    assert ascend(k, alpha, lambda q: q[:, 1] - q[:, 2]) <= reverse_difference_bound(alpha, k)


def test_above_its_range_the_closed_form_of_the_difference_is_not_the_worst():
    """Why `worst_difference_logits` stops where it does: four classes do worse at six tenths than its formula."""
    alpha = 0.6 / 3
    shares = torch.tensor([alpha, 1 / 3 - alpha, 1 / 3 + alpha, 1 / 3 - alpha], dtype=torch.float64)
    found = ascend(4, alpha, lambda q: q[:, 1] - q[:, 2])
    assert found > 1.03 * distances(shares.log())[2].item()


@pytest.mark.parametrize("weight", [0.0, 0.01, 0.5])
@pytest.mark.parametrize("k", [3, 10])
def test_ordinary_training_leaves_a_difference_of_first_order(k, weight):
    """Reached by moving probability between two classes, and never passed by random distributions in the box."""
    y = torch.tensor([0])
    label = smoothed_label(y, k, weight).double()[0]
    for alpha in (1e-4, 1e-2, 0.1):
        worst = label.clone()
        worst[1], worst[2] = worst[1] + alpha, (worst[2] - alpha).clamp(min=0)
        worst[0] += 1 - worst.sum()
        assert (worst >= 0).all() and (worst - label).abs().max() <= alpha * (1 + 1e-9)
        most = smoothed_difference(alpha, k, weight)
        assert (worst[1] - worst[2]).item() == pytest.approx(most, rel=1e-6)
        near = label + alpha * (2 * torch.rand(4000, k, generator=torch.Generator().manual_seed(0)).double() - 1)
        near = near.clamp(min=0)
        near = near / near.sum(1, keepdim=True)
        near = near[(near - label).abs().amax(1) <= alpha]
        assert len(near) > 20
        assert (near[:, 1:].amax(1) - near[:, 1:].amin(1)).max() <= most


@CLASSES
def test_the_order_in_alpha_is_two_for_reverse_training_and_one_for_the_others(k):
    small = 1e-3 / (k - 1) ** 2
    worst = [distances(worst_difference_logits(a, k))[2].item() for a in (small, small / 10)]
    assert worst[0] / worst[1] == pytest.approx(100, rel=0.02)
    for weight in (0.0, 0.5):
        assert smoothed_difference(small, k, weight) / smoothed_difference(small / 10, k, weight) == pytest.approx(10)
    # but alpha of reverse training is no error of the classifier: at equal error eps = alpha (L - 1)^2 both are small
    eps = reverse_error_bound(small, k)
    assert reverse_difference_bound(small, k) == pytest.approx(2 * (eps / (k - 1)) ** 2)
    assert worst[0] < smoothed_difference(eps, k)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: reverse_error_bound(-0.1, 10), "finite alpha >= 0 and at least 2 classes, got alpha=-0.1"),
        (lambda: reverse_difference_bound(math.nan, 10), "finite alpha >= 0"),
        (lambda: reverse_error_bound(0.1, 1), "at least 2 classes.*classes=1"),
        (lambda: worst_error_logits(0.5, 3), "0 < alpha < 0.5"),
        (lambda: worst_error_logits(0.0, 3), "0 < alpha < 0.5"),
        (lambda: worst_difference_logits(0.15, 4), "0 < alpha <= 0.1333"),
        (lambda: worst_difference_logits(0.01, 2), "at least 3 classes"),
        (lambda: smoothed_difference(0.1, 10, math.inf), "lambda must be finite"),
        (lambda: smoothed_difference(0.99, 10, 0.5), "no probability is further than"),
        (lambda: boundary_confidence(torch.zeros(2, 1)), r"needs two classes, got logits of shape \(2, 1\)"),
    ],
    ids=["negative", "nan", "one-class", "large", "zero", "beyond-exact", "two-classes", "inf", "far", "one-logit"],
)
def test_values_outside_the_theorems(call, words):
    with pytest.raises(ValueError, match=words):
        call()
