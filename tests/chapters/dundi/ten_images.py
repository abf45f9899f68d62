"""Ten images of four pixels and two networks on them for which every number can be worked out by hand.

The feature is 200 times the first pixel, or 0 where the second pixel is white. All oracles of class 0 are black and all
of class 1 are bright, so that an image is read as class 1 where its first pixel lies above 0.5, and breaks at eps where
that pixel is nearer to 0.5 than eps. Cross-entropy on the distances has no gradient where it lies further than 0.26
from 0.5 (a gap of 104, which exp turns into 0), the margin has one wherever the second pixel is not white.
"""

from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from robustlib.datasets import Dataset, Split
from robustlib.experiments.measurement import Subject
from robustlib.geometry import Linf, Norm
from robustlib.models import Classifier

# First pixel from 0.5: (two without a gradient), 0.351, 0.351, 0.147, 0.147, 0.053, 0.049, 0.029, (misread when clean)
FIRST = (217, 217, 38, 217, 90, 165, 114, 140, 120, 153)
SECOND = (255, 255, 0, 0, 0, 0, 0, 0, 0, 0)
LABELS = (0, 0, 0, 1, 0, 1, 0, 1, 0, 0)


class FirstPixel(nn.Module):
    """200 times the first pixel, or 0 where the second one is white."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(200.0))

    def forward(self, x: Tensor) -> Tensor:
        pixels = x.flatten(1)
        return torch.where(pixels[:, 1:2] < 0.5, self.scale * pixels[:, :1], 0.0)


def images(first: tuple[int, ...], labels: tuple[int, ...], second: tuple[int, ...] | None = None) -> Split:
    """Images with these first two pixels; the others are black."""
    x = torch.zeros(len(first), 1, 2, 2, dtype=torch.uint8)
    x[:, 0, 0] = torch.tensor([first, second or (0,) * len(first)], dtype=torch.uint8).T
    return Split(x, torch.tensor(labels), "ten")


def threshold(at: float) -> Classifier:
    """Class 1 where the first pixel, of 255, is above this."""
    head = nn.Linear(1, 2)
    head.weight.data = torch.tensor([[-1.0], [1.0]])
    head.bias.data = 200 * at / 255 * torch.tensor([1.0, -1.0])
    return Classifier(FirstPixel(), head).eval()


def subject(
    folder: Path, model: Classifier, test: Split | None = None, n: int = 10, network: str = "dundi-mnist-r1"
) -> Subject:
    """What a measurement is handed: twenty oracles of each class to draw from, all alike."""
    train = images((0,) * 20 + (255,) * 20, (0,) * 20 + (1,) * 20)
    test = test or images(FIRST, LABELS, SECOND)
    dataset = Dataset("mnist", train, train, test, ("low", "high"), (0.5,), (0.25,), "archive")
    return Subject(model, dataset, n, folder, 0, network)


@dataclass(frozen=True)
class Push:
    """Moves the first pixel away from its class: up for class 0, down for class 1."""

    by: int = 60  # of 255
    eps: float | None = 0.3  # what it says of itself
    norm: Norm | None = field(default_factory=Linf)

    def __call__(self, model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        moved = x.clone()
        moved[:, 0, 0, 0] += self.by / 255 * (1 - 2 * y)
        return moved
