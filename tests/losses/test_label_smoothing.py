"""Label smoothing by alpha against a loop, against Pang's lambda, and where its minimum lies."""

import math

import pytest
import torch

from robustlib.losses import cross_entropy, label_smoothing, smoothed_cross_entropy

F = [[1.0, -2.0, 0.5, 3.0], [0.0, 0.0, 0.0, 0.0], [50.0, -50.0, 0.0, 1.0]]
Y = [0, 2, 1]


@pytest.mark.parametrize("alpha", [0.3, 0.8, 0.999, 1.0])
def test_against_a_loop(alpha):
    logits, y = torch.tensor(F), torch.tensor(Y)
    expected = []
    for f, label in zip(F, Y, strict=True):
        total = max(f) + math.log(sum(math.exp(v - max(f)) for v in f))
        shares = [alpha if j == label else (1 - alpha) / 3 for j in range(4)]
        expected.append(sum(s * (total - v) for s, v in zip(shares, f, strict=True)))
    assert label_smoothing(logits, y, alpha).tolist() == pytest.approx(expected, rel=1e-5)


def test_it_is_a_share_of_the_smoothed_cross_entropy_and_at_one_the_plain():
    logits, y = torch.tensor(F), torch.tensor(Y)
    torch.testing.assert_close(label_smoothing(logits, y), 0.8 * smoothed_cross_entropy(logits, y, 0.25))
    assert torch.equal(label_smoothing(logits, y, 1.0), cross_entropy(logits, y))


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_the_least_value_is_the_entropy_of_the_label(classes):
    alpha = 0.8
    logits, y = torch.zeros(1, classes, dtype=torch.float64), torch.tensor([0])
    logits[0, 0] = math.log(alpha * (classes - 1) / (1 - alpha))
    assert classes < 10 or logits[0, 0] == pytest.approx(3.584, abs=1e-3)
    logits.requires_grad_()
    found = label_smoothing(logits, y, alpha)
    entropy = -alpha * math.log(alpha) - (1 - alpha) * math.log((1 - alpha) / (classes - 1))
    assert found.item() == pytest.approx(entropy, rel=1e-6)
    (g,) = torch.autograd.grad(found.sum(), logits)
    assert g.abs().max() < 1e-7


def test_gradient():
    logits = torch.tensor(F, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda f: label_smoothing(f, torch.tensor(Y)), logits)


@pytest.mark.bad_input
@pytest.mark.parametrize("alpha", [0.25, 0.0, -1.0, 1.01, math.nan, math.inf])
def test_alphas(alpha):
    with pytest.raises(ValueError, match="above the others' 1/4 and at most 1"):
        label_smoothing(torch.tensor(F), torch.tensor(Y), alpha)


@pytest.mark.bad_input
def test_one_label_is_not_spread_over_all_rows():
    with pytest.raises(ValueError, match="one label for each of the 3 rows"):
        label_smoothing(torch.tensor(F), torch.tensor(Y[:1]))
