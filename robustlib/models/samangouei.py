"""The MNIST classifiers behind Defense-GAN; its model B is that of Tramèr et al. 2018, `tramer_b`."""

from torch import nn

from robustlib.models.classifier import Classifier, Normalize


def samangouei_a(classes: int = 10, width: float = 1.0) -> Classifier:
    """A: 5x5 convolutions of 64 and 64 filters, the second of stride 2, dense 128; features (n, 128 * width).

    Dropout 0.25 follows the convolutions, 0.5 the dense layer. The first convolution keeps the size, the second takes
    no padding. `width` scales every hidden layer. Pixels stay in [0, 1].
    Source: Samangouei et al. 2018, appendix; table 15 of AT2L's supplement, which prints no padding.
    Raises: ValueError if width is not in (0, 1], as the other two.
    """
    return _convolutions((64, 64), (5, 5), classes, width)


def samangouei_c(classes: int = 10, width: float = 1.0) -> Classifier:
    """C: 3x3 convolutions of 128 and 64 filters, the second of stride 2, dense 128; features (n, 128 * width).

    Source: as `samangouei_a`. The code released with Defense-GAN has 5x5 in the second convolution.
    """
    return _convolutions((128, 64), (3, 3), classes, width)


def samangouei_d(classes: int = 10, width: float = 1.0) -> Classifier:
    """D: two dense layers of 200, dropout 0.5 after each; features (n, 200 * width). Source: as `samangouei_a`."""
    dense = _share(200, width)
    layers = [nn.Flatten(), *_dense(28 * 28, dense), *_dense(dense, dense)]
    return Classifier(nn.Sequential(Normalize((0.0,), (1.0,)), *layers), nn.Linear(dense, classes))


def _convolutions(filters: tuple[int, int], sides: tuple[int, int], classes: int, width: float) -> Classifier:
    (first, second), dense = (_share(n, width) for n in filters), _share(128, width)
    left = (28 - sides[1]) // 2 + 1
    layers = [nn.Conv2d(1, first, sides[0], padding=sides[0] // 2), nn.ReLU()]
    layers += [nn.Conv2d(first, second, sides[1], 2), nn.ReLU(), nn.Dropout(0.25), nn.Flatten()]
    layers += _dense(second * left * left, dense)
    return Classifier(nn.Sequential(Normalize((0.0,), (1.0,)), *layers), nn.Linear(dense, classes))


def _share(size: int, width: float) -> int:
    if not 0 < width <= 1:
        raise ValueError(f"width is the share of every hidden layer and must lie in (0, 1], got {width}")
    return max(1, round(size * width))


def _dense(inside: int, outside: int) -> list[nn.Module]:
    return [nn.Linear(inside, outside), nn.ReLU(), nn.Dropout(0.5)]
