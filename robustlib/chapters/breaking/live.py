"""What the page computes on the spot: how many digits a network reads right, and what lies on the way to an attack."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from robustlib.experiments.features import features_of
from robustlib.interfaces import Images, Labels, Means
from robustlib.losses import margin
from robustlib.models import Classifier
from robustlib.models import class_means as means_of
from robustlib.modes import seeded


@torch.no_grad()
def read_right(model: nn.Module, y: Labels, **images: Images) -> dict[str, int]:
    """How many of each set of images the model reads right: {"clean": 10, "attacked": 3}.

    A model that draws random numbers draws the same for every set.
    """
    found = {}
    for name, x in images.items():
        with seeded(0, "read", x.device):
            found[name] = int((model(x).argmax(1) == y).sum())
    return found


def class_means(model: Classifier, split: Any, n: int = 2000) -> Means:
    """The mean embedding of each class, of the first n images of a split.

    Of all of MNIST without the embedded digits the first 800 lack a class.
    """
    z, y = features_of(model, split, n)
    return means_of(z, y, int(y.max()) + 1)


@torch.no_grad()
def way(values: Callable[[Images], Tensor], x: Images, x_adv: Images, points: int = 31) -> tuple[list[float], Tensor]:
    r"""Some values of each image on the straight way to its attacked image.

    .. math:: v\big((1 - t)\, x + t\, \tilde x\big), \qquad t = 0, \dots, 1

    Returns the places t, and the values, (points, n, ...). Raises: ValueError for fewer than 2 points, or images of
    another shape than the attacked ones.
    """
    if points < 2 or x.shape != x_adv.shape:
        raise ValueError(f"a way has 2 points or more between images of one shape, got {points}, {tuple(x.shape)} and "
                         f"{tuple(x_adv.shape)}")  # fmt: skip
    at = torch.linspace(0, 1, points).tolist()
    return at, torch.stack([values(torch.lerp(x, x_adv, t)) for t in at])


def own_and_other(model: Classifier, y: Labels) -> Callable[[Images], Tensor]:
    """Of logits that are minus distances: the distance to the label's class, and to the nearest other, (n, 2)."""

    def values(x: Images) -> Tensor:
        logits = model(x)
        own = -logits.gather(1, y[:, None])[:, 0]
        return torch.stack([own, own - margin(logits, y)], 1)

    return values


def distances_on_the_way(
    model: Classifier, x: Images, y: Labels, attacked: Mapping[str, Images], points: int = 21
) -> tuple[list[float], dict[str, list[float]]]:
    """On the way to each set of attacked images the mean distance to the right class and to the nearest other one:
    the places, and "own class, NAME" and "other class, NAME".
    """
    series: dict[str, list[float]] = {}
    at: list[float] = []
    for name, x_adv in attacked.items():
        at, found = way(own_and_other(model, y), x, x_adv, points)
        for i, which in enumerate(("own", "nearest other")):
            series[f"{which} class, {name}"] = found[:, :, i].mean(1).tolist()
    return at, series


def valley(
    model: Classifier, score: Callable[[Images], Tensor], x: Images, y: Labels, x_adv: Images, points: int = 41
) -> tuple[list[float], dict[str, list[float]]]:
    """On the way of one image what a detector holds against it, minus its score, apart for the stretch that is read
    right and the stretch that is misread. Raises: ValueError unless it is one image.
    """
    if len(x) != 1:
        raise ValueError(f"one way needs one image, got {len(x)}")
    at, found = way(lambda image: torch.stack([-score(image), margin(model(image), y)], 1), x, x_adv, points)
    held, wrong = found[:, 0, 0], found[:, 0, 1] > 0
    nan = torch.full_like(held, torch.nan)
    parts = {"read right": torch.where(wrong, nan, held), "misread": torch.where(wrong, held, nan)}
    return at, {name: part.tolist() for name, part in parts.items()}
