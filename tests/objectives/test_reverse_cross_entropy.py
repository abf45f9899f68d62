"""Reverse training and label smoothing: right predictions of the negated logits, and golden losses."""

import math

import pytest
import torch
from objectives.toys import examples, network
from torch import nn

from robustlib.losses import reverse_cross_entropy, smoothed_cross_entropy
from robustlib.models import Classifier, Negate
from robustlib.objectives import CrossEntropy, ReverseCrossEntropy, SmoothedCrossEntropy

# The loss after twenty steps on fixed tensors, as it was when the objective was written.
GOLDEN = {
    "reverse": (ReverseCrossEntropy(), {"rce": 1.11585}),
    "smoothed": (SmoothedCrossEntropy(0.3), {"smoothed": 1.39851}),
}


def reversed_network():
    plain = network()
    return Classifier(plain.body, nn.Sequential(plain.head, Negate()))


def separable():
    """The toys' examples with more of what tells the class."""
    x, y = examples()
    x[torch.arange(len(y)), 0, y, y] += 1.0
    return x, y


def train(objective, model, batch, rate=0.05, steps=20):
    """The terms before each of the steps and after the last."""
    optimizer = torch.optim.SGD(model.parameters(), rate)
    losses = []
    for _ in range(steps + 1):
        optimizer.zero_grad()
        terms = objective(model, *batch)
        sum(terms.values()).backward()
        optimizer.step()
        losses.append({name: term.item() for name, term in terms.items()})
    return losses


@pytest.mark.parametrize("name", GOLDEN)
def test_loss_after_twenty_steps(name):
    objective, golden = GOLDEN[name]
    losses = train(objective, reversed_network() if name == "reverse" else network(), examples())
    (term,) = golden
    assert losses[-1][term] < losses[0][term]
    assert losses[-1] == pytest.approx(golden, rel=1e-3)


def test_the_negated_head_is_right_after_twenty_steps_and_the_linear_one_wrong():
    model, (x, y) = reversed_network(), separable()
    assert (model(x).argmax(1) == y).float().mean() < 0.7
    losses = train(ReverseCrossEntropy(), model, (x, y), rate=1.0)
    with torch.no_grad():
        logits = model(x)
    assert (logits.argmax(1) == y).all()
    assert not (model.head[0](model.features(x)).argmax(1) == y).any(), "the true class has the lowest logit there"
    assert math.log(2) < losses[-1]["rce"] < losses[0]["rce"]


def test_terms_are_the_means_of_the_losses():
    model, (x, y) = reversed_network(), examples()
    (rce,) = ReverseCrossEntropy()(model, x, y).values()
    torch.testing.assert_close(rce, reverse_cross_entropy(model.head[0](model.features(x)), y).mean())
    (smoothed,) = SmoothedCrossEntropy(0.3)(model, x, y).values()
    torch.testing.assert_close(smoothed, smoothed_cross_entropy(model(x), y, 0.3).mean())
    (plain,) = CrossEntropy()(model, x, y).values()
    torch.testing.assert_close(SmoothedCrossEntropy(0.0)(model, x, y)["smoothed"], plain)


def test_reverse_training_without_the_negation_learns_the_opposite():
    """The control: on a plain head the objective still lowers the loss of -f, so the plain head predicts right."""
    model, (x, y) = network(), separable()
    train(ReverseCrossEntropy(), model, (x, y), rate=1.0)
    assert (model(x).argmax(1) == y).all(), "the objective negates by itself: only who reads Z sees the reverse"


def test_half_precision_logits_are_lifted_before_the_loss():
    model, (x, y) = reversed_network().to(torch.bfloat16), examples()
    for objective in (ReverseCrossEntropy(), SmoothedCrossEntropy()):
        (term,) = objective(model, x.bfloat16(), y).values()
        assert term.dtype == torch.float32 and term.isfinite()


@pytest.mark.parametrize("weight", [-0.1, math.inf])
def test_weights_that_make_no_objective(weight):
    with pytest.raises(ValueError, match="lambda must be finite and >= 0"):
        SmoothedCrossEntropy(weight)(network(), *examples())
