"""DunDi's objective on tuples: golden losses, and what it reads of a batch."""

import pytest
import torch
from objectives.toys import examples, network

from robustlib.datasets import Split, Triplets
from robustlib.losses import sigmoid_triplet
from robustlib.models import distance_network
from robustlib.objectives import DunDi

# The loss after twenty steps on fixed tensors, as it was when the objective was written.
GOLDEN = {"plain": 0.219785, "frozen": 0.455233, "unit": 0.491807}


def tuples(n=18):
    """Anchor, the next image of its class, the next of another."""
    x, y = examples(n)
    return x, x.roll(-3, 0), x.roll(-1, 0), y, y.roll(-1, 0)


def distances_learn(name):
    """A distance network of the toy network, its embedding filled with numbers that hang on no generator."""
    model = distance_network(network(), frozen=name == "frozen", hidden=5, embedding=4, unit=name == "unit")
    native = network()
    with torch.no_grad():
        for p in model.body[1].parameters():
            p.copy_(native.body[1].weight.flatten()[: p.numel()].reshape(p.shape))
    return model


def train(name):
    model, batch = distances_learn(name), tuples()
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], 0.5)
    losses = []
    for _ in range(21):
        optimizer.zero_grad()
        terms = DunDi()(model, *batch)
        assert set(terms) == {"triplet"} and terms["triplet"].shape == ()
        terms["triplet"].backward()
        optimizer.step()
        losses.append(terms["triplet"].item())
    return losses


@pytest.mark.parametrize("name", GOLDEN)
def test_loss_after_twenty_steps(name):
    losses = train(name)
    assert losses[-1] < losses[0]
    assert losses[-1] == pytest.approx(GOLDEN[name], rel=1e-3)


def test_term_by_hand_and_the_labels_are_not_read():
    model, (a, p, n, y, y_n) = network(), tuples()
    z = [model.features(x) for x in (a, p, n)]
    expected = sigmoid_triplet(*z).mean()
    torch.testing.assert_close(DunDi()(model, a, p, n)["triplet"], expected)
    torch.testing.assert_close(DunDi()(model, a, p, n, y_n, y)["triplet"], expected)
    assert DunDi()(model, a, n, p)["triplet"].item() == pytest.approx(1 - expected.item(), abs=1e-6)


def test_the_head_takes_no_gradient():
    model = network()
    DunDi()(model, *tuples())["triplet"].backward()
    assert all(p.grad is None for p in model.head.parameters()) and all(p.grad.any() for p in model.body.parameters())


@pytest.mark.parametrize("seed", [None, 3], ids=["resampled", "fixed"])
def test_takes_what_the_sampler_of_tuples_yields(seed):
    x, y = examples(30)
    split = Split((255 * x.clamp(0, 1)).to(torch.uint8), y, "toy")
    for batch in Triplets(16, tuples=40, seed=seed)(split):
        assert 0 < DunDi()(network(), *batch)["triplet"].item() < 1
