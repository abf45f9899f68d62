"""Confidence and non-ME against their formulas, where float32 probabilities saturate, and at their bounds."""

import math

import pytest
import torch
from attacks.targets import batch, network
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from robustlib.detectors import Confidence, NonMaximalEntropy, non_maximal_entropy


class Logits(nn.Module):
    """A model whose logits are its pixels, from -128 to 128; or a value in place of the second."""

    def __init__(self, second=None):
        super().__init__()
        self.second = second

    def forward(self, x):
        logits = 256 * x.flatten(1) - 128
        return logits if self.second is None else logits.index_fill(1, torch.tensor([1]), self.second)


def as_images(logits):
    return logits[:, None, None] / 256 + 0.5


@pytest.mark.parametrize("k", [2, 3, 10, 300])
def test_non_me_is_the_entropy_of_the_rest_as_printed_and_as_released(k):
    torch.manual_seed(0)
    logits = 2 * torch.randn(30, k, dtype=torch.float64)
    found = non_maximal_entropy(logits)
    for row, value in zip(logits.softmax(1).tolist(), found.tolist(), strict=True):
        row.remove(max(row))
        total = sum(row)
        printed = -sum(p / total * math.log(p / total) for p in row)
        released = sum(-p * math.log(p) for p in row) / total + math.log(total)
        assert value == pytest.approx(printed, abs=1e-12) == pytest.approx(released, abs=1e-9)


@settings(max_examples=50)
@given(
    st.lists(st.lists(st.floats(-60, 60, width=32), min_size=5, max_size=5), min_size=1, max_size=6),
    st.floats(0, 1e4, width=32),
    st.floats(-30, 30, width=32),
)
def test_non_me_lies_between_its_bounds_and_sees_neither_the_largest_nor_a_shift(rows, lead, shift):
    logits = torch.tensor(rows, dtype=torch.float32)
    found = non_maximal_entropy(logits)
    assert (found >= 0).all() and (found <= math.log(4) + 1e-6).all()
    ahead = logits.double().scatter_add(1, logits.argmax(1, keepdim=True), torch.full((len(rows), 1), lead).double())
    torch.testing.assert_close(non_maximal_entropy(ahead + shift), found.double(), rtol=1e-4, atol=1e-4)


def test_non_me_at_its_ends():
    equal = torch.tensor([[9.0, 1, 1, 1, 1], [0, 0, 0, 0, 0], [1e4, -5, -5, -5, -5]])
    torch.testing.assert_close(non_maximal_entropy(equal), torch.full((3,), math.log(4)))
    assert (non_maximal_entropy(torch.randn(7, 2)) == 0).all()
    tiny = non_maximal_entropy(torch.tensor([[90.0, 60.0, 0.0]]))  # (1 + 60) e^-60, where the softmax is one-hot
    assert tiny.item() == pytest.approx(61 * math.exp(-60), rel=1e-5)


def test_confidence_is_the_log_of_the_largest_probability():
    model = network()
    x = batch(model, 20)[0]
    expected = model(x).double().log_softmax(1).amax(1)
    torch.testing.assert_close(Confidence(model).score(x).double(), expected, rtol=1e-5, atol=1e-6)
    score = Confidence(Logits()).score(as_images(torch.tensor([[0.0, 30, 1], [0, 40, 1], [40, 0, 1], [0, 0, 0]])))
    assert (torch.tensor([[0.0, 30, 1], [0, 40, 1]]).softmax(1).amax(1) == 1).all()
    assert score[0] < score[1] == score[2] < 0 and score[3].item() == pytest.approx(-math.log(3))


@pytest.mark.parametrize("kind", [Confidence, NonMaximalEntropy], ids=["confidence", "non-ME"])
def test_gradients_and_two_to_many_classes(kind):
    for k in (2, 4):
        x = as_images(torch.randn(3, k, dtype=torch.float64)).requires_grad_(True)
        assert torch.autograd.gradcheck(kind(Logits()).score, x)
    x = as_images(torch.tensor([[80.0, 3.0, 1.0, 0.0]])).requires_grad_(True)
    (g,) = torch.autograd.grad(kind(Logits()).score(x).sum(), x)
    assert g.isfinite().all() and g.abs().sum() > 0, "the largest logit far ahead stops no attack"


@pytest.mark.parametrize("kind", [Confidence, NonMaximalEntropy], ids=["confidence", "non-ME"])
def test_it_reads_in_eval_mode_and_leaves_the_model_alone(kind):
    model = network()
    x, detector = batch(model, 6)[0], kind(model)
    quiet = detector.score(x)
    model.train()
    state = {k: v.clone() for k, v in model.state_dict().items()}
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(detector.score(x), quiet)
    assert all(m.training for m in model.modules())
    assert all(torch.equal(v, state[k]) for k, v in model.state_dict().items())
    torch.testing.assert_close(detector.score(x[2:3]), quiet[2:3])
    assert detector.score(x[:0]).shape == (0,)


@pytest.mark.parametrize("kind", [Confidence, NonMaximalEntropy], ids=["confidence", "non-ME"])
def test_logits_that_are_none(kind):
    x = as_images(torch.tensor([[0.0, 2.0, 1.0]]))
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="logits are NaN or inf for 1 of 1 image"):
            kind(Logits(value)).score(x)
        with pytest.raises(ValueError, match="x holds NaN or inf"):
            kind(Logits()).score(x * value)
        with pytest.raises(ValueError, match="the logits hold NaN or inf"):
            non_maximal_entropy(torch.tensor([[0.0, value, 1.0]]))
    with pytest.raises(ValueError, match=r"logits of shape \(n, k\) with k >= 2, got \(2, 1\)"):
        kind(Logits()).score(torch.zeros(2, 1, 1, 1))
    with pytest.raises(ValueError, match="two classes or more, got logits of 1"):
        non_maximal_entropy(torch.zeros(2, 1))
