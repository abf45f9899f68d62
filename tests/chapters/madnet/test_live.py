"""What the page of the chapter computes on the spot."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from robustlib.chapters.madnet.live import NUMBERS, estimates, measured, trained
from robustlib.datasets import load
from robustlib.models import Classifier
from robustlib.objectives import MAD

CE = MAD(siamese=0.0, variance=0.0, jacobian=0.0, alpha=1.0)


def linear(scale: float) -> Classifier:
    """An embedding of the first and the last pixel, times a scale; the first class wins where the first is brighter."""
    weights = torch.zeros(2, 16)
    weights[0, 0] = weights[1, 15] = scale
    body, head = nn.Sequential(nn.Flatten(), nn.Linear(16, 2, bias=False)), nn.Linear(2, 2, bias=False)
    body[1].weight.data, head.weight.data = weights, torch.eye(2)
    return Classifier(body, head).eval()


def test_margin_jacobian_and_ratio_of_a_linear_network():
    x = torch.zeros(4, 1, 4, 4)
    x[0, 0, 0, 0] = x[1, 0, 0, 0] = x[2, 0, 3, 3] = x[3, 0, 3, 3] = 0.5
    table = measured({"one": linear(1), "ten": linear(10)}, (x, torch.tensor([0, 0, 1, 1])), eps=0.3)
    for row, scale in (("one", 1), ("ten", 10)):  # two pixels of half: sqrt(1/2) apart; two rows of length 1: sqrt(2)
        margin, norm, ratio = (table[row, column].ours for column in NUMBERS)
        assert (margin, norm, ratio) == pytest.approx((scale * 0.5**0.5, scale * 2**0.5, 0.5))
        assert table[row, "clean"].ours == 100 and table[row, "PGD at 0.3"].ours == 0
    assert "n = 4 embedded digits" in table.caption


def test_estimates_of_a_linear_network_surround_the_exact_norm():
    table = estimates(linear(3), torch.rand(2, 1, 4, 4), draws=50)
    for row in table.rows:
        exact = table[row, "exact"].ours
        assert exact == pytest.approx(3 * 2**0.5)
        assert table[row, "projected"].ours == pytest.approx(exact, rel=1e-4)  # two orthogonal rows of one length
        way = table[row, "difference"]
        assert way.low < exact < way.high and way.ours == pytest.approx(exact, rel=0.35)


def test_a_small_network_learns_and_the_jacobian_term_makes_it_less_steep():
    few = load("mnist_5k").train.subset(slice(400))
    nets = {"CE": trained(few, CE), "all": trained(few, replace(CE, jacobian=0.3))}
    table = measured(nets, few[:50], eps=0.1, steps=2)
    assert table["CE", "clean"].ours > 40
    assert table["all", "Jacobian norm"].ours < 0.8 * table["CE", "Jacobian norm"].ours
