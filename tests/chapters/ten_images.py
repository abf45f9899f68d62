"""Ten images of four pixels and a network on them for which every number can be worked out by hand.

The network says class 1 where the first pixel lies above 0.5. Where the second one is white it says class 0 without
looking, and its gradient is zero. Any other image breaks at eps where its first pixel is nearer to 0.5 than eps.
"""

from pathlib import Path

import torch
from torch import nn

from robustlib.datasets import Dataset, Split
from robustlib.experiments import Subject
from robustlib.models import Classifier

# First pixel:  (two that never break), 0.149, 0.851, 0.251, 0.749, 0.447, 0.549, 0.471, 0.6
FIRST = (217, 217, 38, 217, 64, 191, 114, 140, 120, 153)
SECOND = (255, 255, 0, 0, 0, 0, 0, 0, 0, 0)
LABELS = (0, 0, 0, 1, 0, 1, 0, 1, 0, 0)  # the last one is wrong from the start: nine of ten are right
# From 0.5 away:              0.351, 0.351, 0.249, 0.249, 0.053, 0.049, 0.029


class FirstPixel(nn.Module):
    """The first pixel, or 0 where the second one is white."""

    def forward(self, x):
        pixels = x.flatten(1)
        return torch.where(pixels[:, 1:2] < 0.5, pixels[:, :1], 0.0)


def images(first: tuple[int, ...], second: tuple[int, ...], labels: tuple[int, ...], name: str) -> Split:
    """Images with these first two pixels; the others are black."""
    x = torch.zeros(len(first), 1, 2, 2, dtype=torch.uint8)
    x[:, 0, 0] = torch.tensor([first, second], dtype=torch.uint8).T
    return Split(x, torch.tensor(labels), name)


def network() -> Classifier:
    """Class 1 where the first pixel is above 0.5."""
    head = nn.Linear(1, 2)
    head.weight.data = torch.tensor([[-5.0], [5.0]])
    head.bias.data = torch.tensor([2.5, -2.5])
    return Classifier(FirstPixel(), head).eval()


def subject(folder: Path, n: int = 10) -> Subject:
    """What a measurement is handed; two more test images, all wrong, lie behind the ten."""
    # In the embedding the classes lie at 0.2 and 0.4, and at 0.761 and 0.961: the centres are at 0.3 and 0.861.
    train = images((51, 102, 194, 245), (0, 0, 0, 0), (0, 0, 1, 1), "ten/train")
    test = images((*FIRST, 10, 10), (*SECOND, 0, 0), (*LABELS, 1, 1), "ten/test")
    dataset = Dataset("mnist", train, train, test, ("low", "high"), (0.5,), (0.25,), "archive")
    return Subject(network(), dataset, n, folder, 0, "ten")
