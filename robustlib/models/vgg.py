"""VGG-16 for 32x32 images, with batch normalisation, as used on CIFAR-10."""

from torch import nn

from robustlib.models.classifier import Classifier, Normalize
from robustlib.models.resnet import CIFAR10_MEAN, CIFAR10_STD

STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))  # filters and convolutions of each stage


def vgg16(classes: int = 10, width: float = 1.0, dropout: float = 0.0) -> Classifier:
    """Thirteen 3x3 convolutions in five stages, each ending in a pool, and one dense layer; features (n, 512 * width).

    Source: Simonyan & Zisserman 2015, configuration D, in the form for 32x32 inputs (one hidden dense layer of 512).
    `width` scales every layer: 0.25 is the quarter-width network whose checkpoint fits this book.

    Raises: ValueError if width is not in (0, 1] or dropout not in [0, 1).
    """
    if not 0 < width <= 1 or not 0 <= dropout < 1:
        raise ValueError(f"need 0 < width <= 1 and 0 <= dropout < 1, got width={width}, dropout={dropout}")
    layers: list[nn.Module] = [Normalize(CIFAR10_MEAN, CIFAR10_STD)]
    inside = 3
    for filters, count in STAGES:
        outside = max(1, round(filters * width))
        for _ in range(count):
            layers += [nn.Conv2d(inside, outside, 3, padding=1, bias=False), nn.BatchNorm2d(outside), nn.ReLU()]
            inside = outside
        layers.append(nn.MaxPool2d(2))
    layers += [nn.Flatten(), nn.Linear(inside, inside), nn.ReLU(), nn.Dropout(dropout)]
    return Classifier(nn.Sequential(*layers), nn.Linear(inside, classes))
