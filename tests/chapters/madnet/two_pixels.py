"""Images of four pixels of which two count, and affine networks on them for which every number can be worked out."""

from pathlib import Path

import torch
from torch import nn

from robustlib.datasets import Dataset, Split
from robustlib.experiments import Subject
from robustlib.models import Classifier


def linear(rows: list[list[float]], bias: list[float] | None = None) -> nn.Linear:
    """A layer with these weights."""
    layer = nn.Linear(len(rows[0]), len(rows))
    layer.weight.data, layer.bias.data = torch.tensor(rows), torch.tensor(bias or [0.0] * len(rows))
    return layer


def stretched() -> Classifier:
    """z = (3 p, 4 q), whose Jacobian has norm 5 everywhere; class 1 where the first pixel p is above 0.5."""
    body = nn.Sequential(nn.Flatten(), linear([[3.0, 0.0, 0.0, 0.0], [0.0, 4.0, 0.0, 0.0]]))
    return Classifier(body, linear([[-1.0, 0.0], [1.0, 0.0]], [1.5, -1.5])).eval()


def angled(sign: float = 1.0) -> Classifier:
    """z = (p, q); class 1 where q is above p, or with the other sign below."""
    body = nn.Sequential(nn.Flatten(), linear([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]))
    return Classifier(body, linear([[5 * sign, -5 * sign], [-5 * sign, 5 * sign]])).eval()


def split(pixels: list[tuple[int, int]], labels: list[int], name: str = "two/test") -> Split:
    """Images with these two pixels of 0 .. 255."""
    x = torch.zeros(len(pixels), 1, 2, 2, dtype=torch.uint8)
    x[:, 0, 0] = torch.tensor(pixels, dtype=torch.uint8)
    return Split(x, torch.tensor(labels), name)


# (0, 0), (0, 0.2), (0.2, 0.2) of class 0; (1, 0), (1, 0.2), (0.8, 0), (0.8, 0.2) of class 1
SEVEN = split([(0, 0), (0, 51), (51, 51), (255, 0), (255, 51), (204, 0), (204, 51)], [0, 0, 0, 1, 1, 1, 1])
# q below p by 2, 10, 22, 30 of 255, label 0: broken where eps is above half of it. Then the same with q above p.
PAIRS = [(120, 118), (120, 110), (120, 98), (120, 90), (118, 120), (110, 120), (98, 120), (90, 120)]
EIGHT = split(PAIRS, [0, 0, 0, 0, 1, 1, 1, 1])
ALONG = split([(200, 0), (100, 0), (0, 200), (0, 100)], [0, 0, 1, 1], "two/train")  # the classes' own directions


def subject(model: Classifier, test: Split, folder: Path, train: Split = ALONG) -> Subject:
    """What a measurement is handed: all of these images."""
    dataset = Dataset("mnist", train, train, test, ("low", "high"), (0.5,), (0.25,), "archive")
    return Subject(model, dataset, len(test), folder, 0, "two")
