"""Cross-entropy and the attackers' losses against their formulas, written as loops."""

import math

import pytest
import torch

from robustlib.losses import cross_entropy, dlr, logit, margin, targeted_dlr


def draw(n=60, k=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(n, k, generator=generator), torch.randint(k, (n,), generator=generator)


@pytest.mark.parametrize("k", [2, 3, 10, 1000])
def test_cross_entropy_by_loop(k):
    logits, y = draw(k=k)
    expected = [math.log(sum(math.exp(v) for v in row)) - row[j] for row, j in zip(logits.tolist(), y, strict=True)]
    torch.testing.assert_close(cross_entropy(logits, y), torch.tensor(expected), rtol=1e-5, atol=1e-5)


def test_cross_entropy_of_equal_logits_and_of_huge_ones():
    y = torch.tensor([0, 1])
    torch.testing.assert_close(cross_entropy(torch.zeros(2, 8), y), torch.full((2,), math.log(8)))
    torch.testing.assert_close(cross_entropy(torch.tensor([[1e4, 0.0], [1e4, 0.0]]), y), torch.tensor([0.0, 1e4]))


def test_cross_entropy_saturates_and_the_margin_does_not():
    for loss, vanishes in ((cross_entropy, True), (margin, False), (dlr, False)):
        logits = torch.tensor([[200.0, 1.0, 0.0]], requires_grad=True)
        loss(logits, torch.tensor([0])).sum().backward()
        assert (logits.grad.abs().sum() == 0).item() == vanishes


@pytest.mark.parametrize("k", [2, 3, 10])
def test_margin_by_loop_and_its_sign_is_misclassification(k):
    logits, y = draw(k=k)
    expected = [max(v for i, v in enumerate(row) if i != j) - row[j] for row, j in zip(logits.tolist(), y, strict=True)]
    torch.testing.assert_close(margin(logits, y), torch.tensor(expected))
    wrong = logits.argmax(1) != y
    assert torch.equal(margin(logits, y) > 0, wrong) and torch.equal(dlr(logits, y) > 0, wrong)
    assert 0 < wrong.sum() < len(wrong)


def test_a_tie_is_zero():
    logits = torch.tensor([[1.0, 1.0, 0.0]])
    assert margin(logits, torch.tensor([0])) == margin(logits, torch.tensor([1])) == 0


@pytest.mark.parametrize("k", [3, 10])
def test_dlr_by_loop(k):
    logits, y = draw(k=k)
    expected = []
    for row, j in zip(logits.tolist(), y.tolist(), strict=True):
        ordered = sorted(row, reverse=True)
        best = max(v for i, v in enumerate(row) if i != j)
        expected.append((best - row[j]) / (ordered[0] - ordered[2]))
    torch.testing.assert_close(dlr(logits, y), torch.tensor(expected), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("k", [3, 10])
def test_dlr_does_not_see_scale_or_shift(k):
    logits, y = draw(k=k)
    torch.testing.assert_close(dlr(1e4 * logits + 7, y), dlr(logits, y), rtol=1e-4, atol=1e-4)
    assert not torch.allclose(margin(10 * logits, y), margin(logits, y))


def test_dlr_of_right_predictions_lies_between_minus_one_and_zero():
    logits, y = draw(n=400, k=6)
    right = dlr(logits, y)[logits.argmax(1) == y]
    assert len(right) and right.min() >= -1 and right.max() <= 0
    assert dlr(torch.tensor([[10.0, 9.0, 8.0, 0.0]]), torch.tensor([3])).item() == pytest.approx(5)  # no bound above


def test_dlr_of_two_classes_keeps_a_gradient():
    logits, y = draw(k=2)
    logits.requires_grad_(True)
    dlr(logits, y).sum().backward()
    assert (logits.grad.abs().sum(1) > 0).all()
    assert torch.equal(dlr(logits, y) > 0, logits.argmax(1) != y)


def test_equal_logits_divide_by_nothing():
    assert torch.equal(dlr(torch.zeros(2, 4), torch.tensor([0, 3])), torch.zeros(2))
    assert torch.equal(targeted_dlr(torch.zeros(2, 4), torch.tensor([0, 3]), torch.tensor([1, 0])), torch.zeros(2))


@pytest.mark.parametrize("k", [4, 10])
def test_targeted_dlr_by_loop(k):
    logits, y = draw(k=k)
    t = (y + 1 + torch.arange(len(y)) % (k - 1)) % k
    expected = []
    for row, j, goal in zip(logits.tolist(), y.tolist(), t.tolist(), strict=True):
        first, _, third, fourth = sorted(row, reverse=True)[:4]
        expected.append((row[goal] - row[j]) / (first - (third + fourth) / 2))
    torch.testing.assert_close(targeted_dlr(logits, y, t), torch.tensor(expected), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(targeted_dlr(1e4 * logits + 7, y, t), torch.tensor(expected), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("k", [2, 3, 4])
def test_targeted_dlr_of_a_right_prediction_rises_with_every_target(k):
    logits = draw(k=k)[0]
    y = logits.argmax(1)
    for step in range(1, k):
        t = (y + step) % k  # among them the least likely class, where a ratio of three logits is constant
        logits = logits.detach().requires_grad_(True)
        targeted_dlr(logits, y, t).sum().backward()
        assert (logits.grad.gather(1, t[:, None]) > 1e-3).all()


def test_targeted_dlr_of_two_and_three_classes_is_the_difference():
    logits, y = draw(k=2)
    assert torch.equal(targeted_dlr(logits, y, 1 - y), margin(logits, y))
    logits, y = draw(k=3)
    assert torch.equal(torch.maximum(*(targeted_dlr(logits, y, (y + s) % 3) for s in (1, 2))), margin(logits, y))


def test_logit_picks_the_labels_own():
    logits, y = draw()
    assert logit(logits, y).tolist() == [row[j] for row, j in zip(logits.tolist(), y, strict=True)]


@pytest.mark.parametrize("loss", [cross_entropy, logit, margin, dlr])
def test_one_value_per_example_and_no_mixing(loss):
    logits, y = draw()
    whole = loss(logits, y)
    assert whole.shape == (60,)
    torch.testing.assert_close(torch.cat([loss(logits[i : i + 1], y[i : i + 1]) for i in range(60)]), whole)
    assert loss(logits[:0], y[:0]).shape == (0,)


def test_targeted_dlr_is_one_value_per_example_and_does_not_mix():
    logits, y = draw()
    t = (y + 1) % 5
    alone = [targeted_dlr(logits[i : i + 1], y[i : i + 1], t[i : i + 1]) for i in range(60)]
    torch.testing.assert_close(torch.cat(alone), targeted_dlr(logits, y, t))
    assert targeted_dlr(logits[:0], y[:0], t[:0]).shape == (0,)
