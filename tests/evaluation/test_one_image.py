"""One image at a time: gradients that can be worked out by hand, and which images are read right."""

import base64

import pytest
import torch
from torch import nn

from robustlib.evaluation import OneImage
from robustlib.models import Classifier


@pytest.fixture
def network() -> OneImage:
    """Logits (2 x00, x01) of an image (1, 2)."""
    head = nn.Linear(2, 2)
    head.load_state_dict({"weight": torch.tensor([[2.0, 0.0], [0.0, 1.0]]), "bias": torch.zeros(2)})
    return OneImage(Classifier(nn.Flatten(), head), stored=frozenset(["head.weight"]))


def test_logits_and_their_gradients(network: OneImage) -> None:
    x = torch.tensor([[0.25, 0.5]])  # both logits are 0.5, so both probabilities are a half
    assert network.logits(x).tolist() == [0.5, 0.5]
    assert network.logit_gradient(x, 0).tolist() == [[2.0, 0.0]]
    assert network.logit_gradient(x, 1).tolist() == [[0.0, 1.0]]
    assert network.loss_gradient(x, 0).tolist() == [[-1.0, 0.5]]  # (0.5 - 1) 2 and 0.5


def test_the_network_keeps_its_mode(network: OneImage) -> None:
    network.model.train()
    network.loss_gradient(torch.zeros(1, 2), 0)
    assert network.model.training and network.model.head.weight.grad is None


def test_the_first_that_are_read_right(network: OneImage) -> None:
    x = torch.tensor([[0.0, 1.0], [1.0, 0.0], [0.0, 0.5], [0.5, 0.0]]).reshape(4, 1, 1, 2)
    images, labels = network.read_right(x, torch.tensor([0, 0, 1, 0]), 2)
    assert torch.equal(images, x[1:3]) and labels.tolist() == [0, 1]
    with pytest.raises(ValueError, match="of 4 images 3 are read right, 4 are asked for"):
        network.read_right(x, torch.tensor([0, 0, 1, 0]), 4)


def test_what_is_not_in_the_checkpoint_travels_with_the_cell(network: OneImage) -> None:
    assert set(network.extra) == {"head.bias"} and network.extra["head.bias"]["shape"] == [2]
    assert base64.b64decode(network.extra["head.bias"]["data"]) == bytes(4)
