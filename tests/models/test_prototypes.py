"""Prototypes beside a head: predictions do not read them, weights files keep them, and rates scale their gradient."""

import pytest
import torch
from torch import nn

from robustlib.models import Classifier, WithPrototypes, lenet1, load_weights, resnet, save_weights, with_prototypes


def test_the_network_answers_as_before_and_shares_its_weights():
    plain = lenet1()
    model = with_prototypes(plain)
    x = torch.rand(4, 1, 28, 28)
    assert torch.equal(model(x), plain(x)) and torch.equal(model.features(x), plain.features(x))
    assert model.head.head is plain.head and model.body is plain.body
    assert model.head.prototypes.shape == (10, 588) and model.head.rivals is model.head.prototypes


def test_two_sets_and_their_rates():
    torch.manual_seed(0)
    head = WithPrototypes(nn.Linear(3, 4), 4, 3, 50.0, 0.5, separate=True)
    assert torch.equal(head.prototypes, head.points) and torch.equal(head.rivals, head.others)
    assert not torch.equal(head.points, head.others)
    (head.prototypes.sum() + head.rivals.sum()).backward()
    assert (head.points.grad == 50).all() and (head.others.grad == 0.5).all()
    one = WithPrototypes(nn.Linear(3, 4), 4, 3)
    assert len(list(one.parameters())) == 3 and one.others is None


def test_they_follow_the_head_s_precision_and_are_saved(tmp_path):
    model = with_prototypes(resnet(8, channels=1, width=4).double(), separate=True)
    assert model.head.points.dtype == torch.float64 and model.head.points.shape == (10, 16)
    save_weights(model, tmp_path / "a")
    other = load_weights(with_prototypes(resnet(8, channels=1, width=4).double(), separate=True), tmp_path / "a")
    assert torch.equal(other.head.others, model.head.others)


@pytest.mark.bad_input
def test_what_it_refuses():
    for given in ((1, 3), (2, 0)):
        with pytest.raises(ValueError, match="two classes or more and dims >= 1"):
            WithPrototypes(nn.Identity(), *given)
    for rates in ((0.0, 1.0), (1.0, -1.0), (float("inf"), 1.0), (float("nan"), 1.0)):
        with pytest.raises(ValueError, match="must be > 0 and finite"):
            WithPrototypes(nn.Identity(), 2, 3, *rates)
    with pytest.raises(ValueError, match="no linear layer"):
        with_prototypes(Classifier(nn.Flatten(), nn.Identity()))
