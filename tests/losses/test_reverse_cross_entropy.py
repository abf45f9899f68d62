"""Reverse cross-entropy and the label-smoothing family against their formulas, written as loops."""

import math

import pytest
import torch

from robustlib.losses import cross_entropy, reverse_cross_entropy, smoothed_cross_entropy, smoothed_label


def draw(n=40, k=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(n, k, generator=generator), torch.randint(k, (n,), generator=generator)


def log_softmax(row):
    """The logarithms of one row's probabilities."""
    total = math.log(sum(math.exp(v) for v in row))
    return [v - total for v in row]


@pytest.mark.parametrize("k", [2, 3, 10, 100])
def test_reverse_cross_entropy_by_loop(k):
    logits, y = draw(k=k)
    expected = [
        -sum(v for i, v in enumerate(log_softmax(row)) if i != j) / (k - 1)
        for row, j in zip(logits.tolist(), y.tolist(), strict=True)
    ]
    torch.testing.assert_close(reverse_cross_entropy(logits, y), torch.tensor(expected), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("weight", [0.0, 0.1, 1.0, 7.5])
@pytest.mark.parametrize("k", [2, 3, 10])
def test_smoothed_cross_entropy_is_equation_2_by_loop(k, weight):
    logits, y = draw(k=k)
    expected = []
    for row, j in zip(logits.tolist(), y.tolist(), strict=True):
        logs = log_softmax(row)
        expected.append(-logs[j] - weight * sum(v for i, v in enumerate(logs) if i != j) / (k - 1))
    torch.testing.assert_close(smoothed_cross_entropy(logits, y, weight), torch.tensor(expected), rtol=1e-5, atol=1e-5)


def test_equation_2_is_the_sum_of_its_two_ends():
    logits, y = draw()
    both = cross_entropy(logits, y) + 0.7 * reverse_cross_entropy(logits, y)
    torch.testing.assert_close(smoothed_cross_entropy(logits, y, 0.7), both)


def test_without_weight_it_is_cross_entropy_and_with_all_weight_the_reverse():
    logits, y = draw()
    torch.testing.assert_close(smoothed_cross_entropy(logits, y, 0.0), cross_entropy(logits, y))
    torch.testing.assert_close(
        smoothed_cross_entropy(logits, y, 1e4) / 1e4, reverse_cross_entropy(logits, y), rtol=2e-3, atol=2e-3
    )


@pytest.mark.parametrize("k", [2, 3, 10])
def test_labels_of_equation_3_and_their_ends(k):
    y = torch.tensor([0, k - 1])
    assert torch.equal(smoothed_label(y, k, 0.0), torch.eye(k)[y])
    reverse = (1 - torch.eye(k)[y]) / (k - 1)
    torch.testing.assert_close(smoothed_label(y, k, math.inf), reverse, rtol=0, atol=1e-7)
    assert (smoothed_label(y, k, math.inf).gather(1, y[:, None]) == 0).all()
    middle = smoothed_label(y, k, 0.25)
    torch.testing.assert_close(middle.gather(1, y[:, None]), torch.full((2, 1), 0.8))
    torch.testing.assert_close(middle.gather(1, 1 - y[:, None].clamp(max=1)), torch.full((2, 1), 0.2 / (k - 1)))
    torch.testing.assert_close(middle.sum(1), torch.ones(2))


@pytest.mark.parametrize("weight", [0.1, 1.0, 3.0])
def test_the_minimum_is_the_smoothed_label(weight):
    """Gradient zero at the logits log P, and 1 + lambda times the entropy of P there."""
    y = torch.tensor([2])
    label = smoothed_label(y, 6, weight)
    logits = label.log().requires_grad_(True)
    loss = smoothed_cross_entropy(logits, y, weight)
    (slope,) = torch.autograd.grad(loss.sum(), logits)
    torch.testing.assert_close(slope, torch.zeros(1, 6), rtol=0, atol=1e-6)
    entropy = -sum(p * math.log(p) for p in label[0].tolist())
    assert loss.item() == pytest.approx((1 + weight) * entropy, rel=1e-5)
    around = logits.detach() + 0.3 * torch.randn(200, 6, generator=torch.Generator().manual_seed(0))
    assert (smoothed_cross_entropy(around, y.expand(200), weight) > loss.item()).all()


@pytest.mark.parametrize("k", [2, 3, 10, 100])
def test_the_least_reverse_cross_entropy_is_log_of_the_other_classes(k):
    logits, y = draw(500, k)
    assert (reverse_cross_entropy(logits, y) > math.log(k - 1)).all()
    best = torch.zeros(1, k)
    best[0, 1] = -60.0
    assert reverse_cross_entropy(best, torch.tensor([1])).item() == pytest.approx(math.log(k - 1), abs=1e-5)
    # equal shares are not enough, nor is a low logit of the true class
    assert reverse_cross_entropy(torch.zeros(1, k), torch.tensor([1])).item() == pytest.approx(math.log(k))


def test_gradient_is_softmax_minus_the_reverse_label():
    logits, y = draw()
    logits.requires_grad_(True)
    (slope,) = torch.autograd.grad(reverse_cross_entropy(logits, y).sum(), logits)
    torch.testing.assert_close(slope, logits.softmax(1) - smoothed_label(y, 5, math.inf))
    assert (slope.gather(1, y[:, None]) > 0).all(), "a step against it lowers the true class's logit"


def test_gradients_agree_with_differences():
    logits, y = draw(4)
    exact = logits.double().requires_grad_(True)
    assert torch.autograd.gradcheck(lambda v: reverse_cross_entropy(v, y), (exact,), atol=1e-5)
    assert torch.autograd.gradcheck(lambda v: smoothed_cross_entropy(v, y, 0.3), (exact,), atol=1e-5)


def test_huge_logits_stay_finite():
    y = torch.tensor([0, 0, 1])
    logits = torch.tensor([[-1e4, 0.0, 0.0], [1e4, 0.0, 0.0], [0.0, -1e30, 0.0]])
    expected = torch.tensor([math.log(2), 1e4, math.log(2)])
    torch.testing.assert_close(reverse_cross_entropy(logits, y), expected)


@pytest.mark.parametrize(
    "loss", [reverse_cross_entropy, lambda f, y: smoothed_cross_entropy(f, y, 0.2)], ids=["reverse", "smoothed"]
)
def test_one_value_per_example_no_mixing_and_no_shift(loss):
    logits, y = draw()
    whole = loss(logits, y)
    assert whole.shape == (40,)
    torch.testing.assert_close(torch.cat([loss(logits[i : i + 1], y[i : i + 1]) for i in range(40)]), whole)
    torch.testing.assert_close(loss(logits + 11, y), whole, rtol=1e-4, atol=1e-5)
    assert loss(logits[:0], y[:0]).shape == (0,)


@pytest.mark.parametrize("weight", [-0.1, math.inf, math.nan])
def test_weights_that_make_no_loss(weight):
    with pytest.raises(ValueError, match=r"lambda must be finite and >= 0, got .*reverse_cross_entropy"):
        smoothed_cross_entropy(*draw(3), weight)


@pytest.mark.parametrize("weight", [-1.0, math.nan])
def test_weights_that_make_no_label(weight):
    with pytest.raises(ValueError, match="lambda must be >= 0, got"):
        smoothed_label(torch.tensor([0]), 3, weight)


def test_one_class_leaves_nothing_to_spread_over():
    for call in (
        lambda: reverse_cross_entropy(torch.zeros(1, 1), torch.tensor([0])),
        lambda: smoothed_label(torch.tensor([0]), 1, 1.0),
    ):
        with pytest.raises(ValueError, match="other classes; 1 leaves none"):
            call()


@pytest.mark.bad_input
@pytest.mark.parametrize("labels", [1, 2, 4])
def test_another_number_of_labels_is_refused(labels):
    for loss in (reverse_cross_entropy, lambda f, y: smoothed_cross_entropy(f, y, 0.1)):
        with pytest.raises(ValueError, match=f"each of the 3 rows of logits, got {labels} labels"):
            loss(torch.zeros(3, 5), torch.zeros(labels, dtype=torch.int64))
