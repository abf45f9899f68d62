"""The six-convolution network of Mustafa et al. 2019, used on MNIST by the triplet report."""

from torch import nn

from robustlib.models.classifier import Classifier, Normalize
from robustlib.models.lenet import MNIST_MEAN, MNIST_STD


def convnet(classes: int = 10, filters: tuple[int, int, int] = (32, 64, 64), embedding: int = 64) -> Classifier:
    """Three blocks of two 5x5 convolutions, dense 512, and a linear embedding; features (n, embedding).

    Source: Fostiropoulos et al. 2020, section 3.2, architecture table. The text there says 128 filters in the third
    block; `filters=(32, 64, 128)` gives that reading.
    """
    # Paper silent on pooling, padding and the embedding's activation: 2x2 max pool, same size, none.
    # Pool before ReLU: the same values as the other way round, on a quarter of the pixels.
    layers: list[nn.Module] = [Normalize(MNIST_MEAN, MNIST_STD)]
    inside = 1
    for outside in filters:
        layers += [nn.Conv2d(inside, outside, 5, padding=2), nn.ReLU()]
        layers += [nn.Conv2d(outside, outside, 5, padding=2), nn.MaxPool2d(2), nn.ReLU()]
        inside = outside
    layers += [nn.Flatten(), nn.Linear(inside * 3 * 3, 512), nn.ReLU(), nn.Linear(512, embedding)]
    return Classifier(nn.Sequential(*layers), nn.Linear(embedding, classes))
