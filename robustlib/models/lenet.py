"""The three LeNets of DeepXplore, which DunDi uses as its native models, and a small trunk with an embedding layer."""

from torch import nn

from robustlib.models.classifier import Classifier, Normalize

MNIST_MEAN, MNIST_STD = (0.1307,), (0.3081,)  # of the 60,000 training images, to four digits


def _stage(inside: int, outside: int) -> list[nn.Module]:
    """Convolution 5x5 that keeps the size, a pool that halves it, ReLU (the same values as ReLU first, on fewer
    pixels).
    """
    return [nn.Conv2d(inside, outside, 5, padding=2), nn.MaxPool2d(2), nn.ReLU()]


def lenet1(classes: int = 10) -> Classifier:
    """LeNet-1: 4 and 12 filters, no hidden dense layer; features (n, 588). Source: DeepXplore's Model1 (DunDi's
    Model1).
    """
    body = nn.Sequential(Normalize(MNIST_MEAN, MNIST_STD), *_stage(1, 4), *_stage(4, 12), nn.Flatten())
    return Classifier(body, nn.Linear(12 * 7 * 7, classes))


def lenet4(classes: int = 10) -> Classifier:
    """LeNet-4: 6 and 16 filters, dense 84; features (n, 84). Source: DeepXplore's Model2 (DunDi's Model2)."""
    dense = [nn.Linear(16 * 7 * 7, 84), nn.ReLU()]
    body = nn.Sequential(Normalize(MNIST_MEAN, MNIST_STD), *_stage(1, 6), *_stage(6, 16), nn.Flatten(), *dense)
    return Classifier(body, nn.Linear(84, classes))


def lenet5(classes: int = 10, embedding: int | None = None) -> Classifier:
    """LeNet-5: 6 and 16 filters, dense 120 and 84; features (n, 84). Source: DeepXplore's Model3 (DunDi's Model3).

    With `embedding=d` a linear layer without activation follows, and features are (n, d): the trunk on which metric
    losses are tried in seconds.
    """
    dense: list[nn.Module] = [nn.Linear(16 * 7 * 7, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU()]
    if embedding is not None:
        dense.append(nn.Linear(84, embedding))
    body = nn.Sequential(Normalize(MNIST_MEAN, MNIST_STD), *_stage(1, 6), *_stage(6, 16), nn.Flatten(), *dense)
    return Classifier(body, nn.Linear(embedding or 84, classes))
