"""A target of which every verdict is known: two pixels, and the network says which of them is brighter."""

from typing import Any

import torch
from torch import nn

from robustlib.labs import Target
from robustlib.models import Classifier

GAPS = (0.9, 0.05, 0.15, 0.8, 0.25, 0.35)  # class 0 leads by so much; it is turned by moving each pixel half of it
ROWS = (1, 2, 4, 5)  # at eps 0.1 the first two can be fooled, the others not


def data():
    gap = torch.tensor(GAPS)
    return torch.stack([0.5 + gap / 2, 0.5 - gap / 2], 1).reshape(-1, 1, 1, 2), torch.zeros(len(gap)).long()


def network():
    body = nn.Sequential(nn.Flatten(), nn.Linear(2, 2, bias=False))
    with torch.no_grad():
        body[1].weight.copy_(2 * torch.eye(2))  # not 1: pixels that add up to 1 look like probabilities
    return Classifier(body, nn.Identity())


class FirstPixel(nn.Module):
    """A detector: the brightness of the first pixel, asked through the network that it is made on."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def score(self, x):
        return self.model.features(x)[:, 0] / 2


def target(**fields: Any) -> Target:
    return Target(
        **{"name": "two pixels", "paper": "none", "load": network, "data": data, "rows": ROWS, "eps": 0.1} | fields
    )


def down(by: float):
    """The best direction: the first pixel darker, the second brighter."""
    return lambda model, x, y: x + by * torch.tensor([-1.0, 1.0]).reshape(1, 1, 1, 2)
