"""A network as a list of layers: every kind by its tensors' names, and a sentence for what has no word."""

import pytest
import torch
from torch import nn

from robustlib.models import Classifier, NearestOracles, Negate, lenet1, resnet
from robustlib.models.layer_list import layer_list


def test_lenet1_in_the_order_in_which_it_acts() -> None:
    assert layer_list(lenet1()) == [
        ["normalize", "body.0.mean", "body.0.std"],
        ["conv", "body.1.weight", "body.1.bias", 2],
        ["maxpool", 2],
        ["relu"],
        ["conv", "body.4.weight", "body.4.bias", 2],
        ["maxpool", 2],
        ["relu"],
        ["flatten"],
        ["linear", "head.weight", "head.bias"],
    ]


def test_other_heads_on_the_same_body() -> None:
    model = lenet1()
    reversed_logits = Classifier(model.body, nn.Sequential(model.head, Negate()))
    assert layer_list(reversed_logits)[-2:] == [["linear", "head.0.weight", "head.0.bias"], ["negate"]]
    oracles = NearestOracles(torch.rand(4, 588), torch.tensor([0, 0, 1, 1]), classes=2)
    assert layer_list(Classifier(model.body, oracles))[-1] == ["nearest", "head.oracles", "head.share"]


@pytest.mark.parametrize(
    "layer", [nn.Conv2d(1, 2, 3, stride=2), nn.MaxPool2d(3, 2), nn.Tanh(), nn.Linear(4, 2, bias=False)], ids=repr
)
def test_what_the_script_cannot_compute_is_refused(layer: nn.Module) -> None:
    with pytest.raises(ValueError, match=r"body\.0 is .*no word for"):
        layer_list(Classifier(nn.Sequential(layer), nn.Linear(4, 2)))
    with pytest.raises(ValueError, match="no word for"):
        layer_list(resnet(depth=8, channels=1))
