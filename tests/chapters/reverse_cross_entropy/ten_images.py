"""Ten images of three pixels, and a network on them for which every number can be worked out by hand.

The network's features are the pixels, and it reads the class of the brightest one. Its kernel density has one centre a
class, one bright pixel, so at gamma 1 an image of a single pixel of brightness a scores -(1 - a)^2.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from robustlib.datasets import Dataset, Split, load
from robustlib.evaluation import Outcome
from robustlib.experiments.adversarial_examples import AdversarialExamples
from robustlib.experiments.measurement import Subject
from robustlib.models import Classifier

FIRST = (255, 240, 225, 210, 195, 180, 165, 150, 135, 200)  # the brightness of the first pixel, the others are dark
LABELS = (0, 0, 0, 0, 0, 0, 0, 0, 0, 1)  # the last image is misread from the start: nine of ten are right
DARKER = 90  # what `SecondPixel` takes away


def network() -> Classifier:
    """The class is that of the brightest pixel; logits are ten times the pixels."""
    head = nn.Linear(3, 3)
    head.weight.data, head.bias.data = 10 * torch.eye(3), torch.zeros(3)
    return Classifier(nn.Sequential(nn.Flatten()), head).eval()


def pixels(*rows: tuple[int, int, int]) -> Tensor:
    """Images of these three pixels, as floats."""
    return torch.tensor(rows, dtype=torch.float32).reshape(-1, 1, 1, 3) / 255


def split(rows: list[tuple[int, int, int]], labels: list[int], name: str) -> Split:
    """The same as a split."""
    return Split(torch.tensor(rows, dtype=torch.uint8).reshape(-1, 1, 1, 3), torch.tensor(labels), name)


def dataset() -> Dataset:
    """One training image a class; ten bright validation images serve choices, ten darker ones thresholds."""
    centres = split([(255, 0, 0), (0, 255, 0), (0, 0, 255)], [0, 1, 2], "ten/train")
    held_out = split([(255, 0, 0)] * 10 + [(130 + i, 0, 0) for i in range(10)], [0] * 20, "ten/validation")
    test = split([(a, 0, 0) for a in FIRST], list(LABELS), "ten/test")
    return Dataset("ten", centres, held_out, test, ("first", "second", "third"), (0.5,), (0.25,), "archive")


def subject(folder: Path, n: int = 10) -> Subject:
    """What a measurement is handed."""
    return Subject(network(), dataset(), n, folder, 0, "ten")


@dataclass(frozen=True)
class SecondPixel:
    """Puts the light of a bright image on the second pixel, darker; images below the limit stay as they are."""

    limit: int = 150  # of 255

    def __call__(self, model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        moved = x.roll(1, dims=-1) * 1.0
        moved[..., 1] -= DARKER / 255
        bright = (x[..., 0] * 255).round() > self.limit
        return torch.where(bright[..., None], moved, x)


def made(
    x: Tensor, x_adv: Tensor, clean_correct: list[int], fooled: list[int], y: Tensor | None = None
) -> AdversarialExamples:
    """Images of which these were right before, and these were turned by the attack on the network it was made on."""
    before, after = torch.tensor(clean_correct).bool(), torch.tensor(fooled).bool()
    size = (x_adv - x).flatten(1)
    outcome = Outcome(before & ~after, size.abs().amax(1), size.norm(dim=1), 0.0)
    return AdversarialExamples(x, torch.zeros(len(x), dtype=torch.int64) if y is None else y, x_adv, before, outcome)


def digits(train: int, test: int) -> Dataset:
    """A few embedded digits under the name of the full set, for what needs images that can be learnt."""
    whole = load("mnist_5k")
    parts = (whole.train.subset(slice(train)), whole.validation.subset(slice(60)), whole.test.subset(slice(test)))
    return Dataset("mnist", *parts, whole.classes, whole.mean, whole.std, "archive")
