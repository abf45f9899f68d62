"""What the page of the chapter computes on the spot."""

import math

import pytest
import torch
from torch import nn

from robustlib.chapters.at2l.live import METHODS, iterated, measured, objective, trained, undefended
from robustlib.datasets import load
from robustlib.models import Classifier
from robustlib.objectives.adversarial_triplet import AngularTriplet


def linear(scale: float) -> Classifier:
    """Two classes: the first wins where the first pixel is brighter than the last, times a scale."""
    weights = torch.zeros(2, 16)
    weights[0, 0], weights[1, 15] = scale, 1.0
    body, head = nn.Sequential(nn.Flatten(), nn.Linear(16, 2, bias=False)), nn.Linear(2, 2, bias=False)
    body[1].weight.data, head.weight.data = weights, torch.eye(2)
    return Classifier(body, head).eval()


def test_each_choice_of_the_panel_is_its_objective():
    at2l = objective("AT2L", lambda2=5.0, alpha=0.1, distance="l2", anchor="clean")
    assert (at2l.lambda1, at2l.lambda2, at2l.attack) == (1.0, 5.0, None)
    assert (at2l.triplet.alpha, at2l.triplet.norm, at2l.triplet.anchor) == (0.1, 2.0, "clean")
    assert objective().triplet.norm == math.inf and objective().triplet.anchor == "attacked"
    assert objective("adversarial training").lambda2 == 0 == objective("AT2L", lambda2=0.0).lambda2
    tla = objective("TLA", lambda2=0.5)
    assert isinstance(tla.triplet, AngularTriplet) and (tla.lambda1, tla.lambda2) == (1.0, 0.5)
    assert {objective(m).lambda1 for m in METHODS} == {1.0}, "they differ in the triplet alone"
    with pytest.raises(ValueError, match="got 'triplet' and 'l-inf'"):
        objective("triplet")
    with pytest.raises(ValueError, match="got 'AT2L' and 'l1'"):
        objective("AT2L", distance="l1")


def test_static_images_are_those_of_the_start_and_a_digit_misread_when_clean_counts_as_wrong():
    x = torch.zeros(3, 1, 4, 4)
    x[0, 0, 0, 0], x[1, 0, 0, 0], x[2, 0, 3, 3], x[0, 0, 3, 3] = 0.8, 0.5, 0.5, 0.5
    data = (x, torch.tensor([0, 0, 0]))  # gaps 0.3, 0.5 and -0.5: the third is misread
    table = measured({"start": linear(1), "weighted": linear(3)}, linear(1), data, eps=0.2, steps=2)
    columns = ("clean", "FGSM, static", "FGSM, adaptive", "PGD-2")
    # The start loses 0.4 of a gap; the weighted one, 3 x - x', is still right on the start's images of the first two.
    assert [table["start", c].ours for c in columns] == pytest.approx([200 / 3, 100 / 3, 100 / 3, 100 / 3])
    assert [table["weighted", c].ours for c in columns] == pytest.approx([200 / 3] * 4)
    assert table["start", "clean"].n == 3 and "eps 0.2" in table.caption and "n = 3 embedded digits" in table.caption
    handed = measured({"swapped": linear(-1)}, linear(1), data, eps=0.6, steps=2)
    assert handed["swapped", "FGSM, static"].ours == 0 == handed["swapped", "clean"].ours


def test_an_outer_iteration_helps_against_the_images_it_was_trained_on_and_leaves_the_start_alone():
    mnist = load("mnist_5k")
    few, test = mnist.train.subset(slice(500)), mnist.test[:100]
    start = undefended(few, epochs=3)
    before = {k: v.clone() for k, v in start.state_dict().items()}
    nets = {m: iterated(start, few, objective(m), epochs=1) for m in ("AT2L", "adversarial training")}
    assert all(torch.equal(v, before[k]) for k, v in start.state_dict().items())
    table = measured({"start": start, **nets}, start, test, steps=3)
    for name in nets:
        assert table[name, "FGSM, static"].ours > table["start", "FGSM, static"].ours + 15
    assert table["start", "FGSM, static"].ours == table["start", "FGSM, adaptive"].ours
    weights = [net.head.weight for net in nets.values()]
    assert not torch.equal(*weights) and not any(net.training for net in nets.values())
    assert trained(few.subset(slice(64)), objective("TLA"), epochs=1, steps=1)(test[0]).isfinite().all()
