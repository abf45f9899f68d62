"""Feinman's networks for MNIST and CIFAR-10, on which DunDi's adversarial images are made."""

from torch import nn

from robustlib.models.classifier import Classifier, Normalize


def feinman_cnn(classes: int = 10, dropout: float = 0.5) -> Classifier:
    """Two 3x3 convolutions of 64 filters without padding, a pool, dense 128; features (n, 128).

    Dropout follows the pool and the dense layer. Pixels stay in [0, 1].
    Source: the MNIST network in the code released with Feinman et al. 2017.
    Raises: ValueError if dropout is not in [0, 1).
    """
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout is the share of values dropped and must lie in [0, 1), got {dropout}")
    layers: list[nn.Module] = [Normalize((0.0,), (1.0,)), nn.Conv2d(1, 64, 3), nn.ReLU()]
    # Pool before ReLU: the same values as the other way round, on a quarter of the pixels.
    layers += [nn.Conv2d(64, 64, 3), nn.MaxPool2d(2), nn.ReLU(), nn.Dropout(dropout), nn.Flatten()]
    layers += [nn.Linear(64 * 12 * 12, 128), nn.ReLU(), nn.Dropout(dropout)]
    return Classifier(nn.Sequential(*layers), nn.Linear(128, classes))


def feinman_cifar_cnn(classes: int = 10, dropout: float = 0.5) -> Classifier:
    """Three pairs of 3x3 convolutions of 32, 64 and 128 filters, dense 1024 and 512; features (n, 512).

    Each pair ends in a pool; dropout follows the last pool and the dense layers. Pixels stay in [0, 1].
    Source: the CIFAR-10 network in the code released with Feinman et al. 2017.
    Raises: ValueError if dropout is not in [0, 1).
    """
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout is the share of values dropped and must lie in [0, 1), got {dropout}")
    layers: list[nn.Module] = [Normalize((0.0,) * 3, (1.0,) * 3)]
    inside = 3
    for outside in (32, 64, 128):
        layers += [nn.Conv2d(inside, outside, 3, padding=1), nn.ReLU()]
        layers += [nn.Conv2d(outside, outside, 3, padding=1), nn.MaxPool2d(2), nn.ReLU()]
        inside = outside
    layers += [nn.Flatten(), nn.Dropout(dropout), nn.Linear(128 * 4 * 4, 1024), nn.ReLU(), nn.Dropout(dropout)]
    layers += [nn.Linear(1024, 512), nn.ReLU(), nn.Dropout(dropout)]
    return Classifier(nn.Sequential(*layers), nn.Linear(512, classes))
