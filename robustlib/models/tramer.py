"""The four MNIST networks of Ensemble Adversarial Training, which AT2L attacks and trains."""

from torch import nn

from robustlib.models.classifier import Classifier, Normalize


def tramer_a(classes: int = 10, width: float = 1.0) -> Classifier:
    """A: two 5x5 convolutions of 64 filters without padding or pool, dense 128; features (n, 128 * width).

    Dropout 0.25 follows the convolutions, 0.5 the dense layer. Pixels stay in [0, 1]. `width` scales every hidden
    layer: 0.25 is the quarter-width network whose checkpoint fits this book.
    Source: Tramèr et al. 2018 (Ensemble Adversarial Training), table 5 and released code.
    Raises: ValueError if width is not in (0, 1], as the other three.
    """
    filters, dense = _scaled(width, 64, 128)
    layers = [nn.Conv2d(1, filters, 5), nn.ReLU(), nn.Conv2d(filters, filters, 5), nn.ReLU(), nn.Dropout(0.25)]
    return _classifier([*layers, nn.Flatten(), *_dense(filters * 20 * 20, dense)], dense, classes)


def tramer_b(classes: int = 10, width: float = 1.0) -> Classifier:
    """B: dropout 0.2 on the pixels, an 8x8 convolution of 64 filters, a 6x6 and a 5x5 one of 128; no dense layer.

    The first two take every second pixel, and only the first pads its input, by 3. Dropout 0.5 follows the last one,
    which leaves one pixel: features (n, 128 * width). Source: as `tramer_a`.
    """
    first, last = _scaled(width, 64, 128)
    layers: list[nn.Module] = [nn.Dropout(0.2), nn.Conv2d(1, first, 8, stride=2, padding=3), nn.ReLU()]
    layers += [nn.Conv2d(first, last, 6, stride=2), nn.ReLU(), nn.Conv2d(last, last, 5), nn.ReLU()]
    return _classifier([*layers, nn.Dropout(0.5), nn.Flatten()], last, classes)


def tramer_c(classes: int = 10, width: float = 1.0) -> Classifier:
    """C: 3x3 convolutions of 128 and 64 filters without padding or pool, dense 128; features (n, 128 * width).

    Dropout 0.25 follows the convolutions, 0.5 the dense layer. Source: the code released with Tramèr et al. 2018, which
    is what the supplement of AT2L (its table 3) prints.
    """
    first, second, dense = _scaled(width, 128, 64, 128)
    layers = [nn.Conv2d(1, first, 3), nn.ReLU(), nn.Conv2d(first, second, 3), nn.ReLU(), nn.Dropout(0.25)]
    return _classifier([*layers, nn.Flatten(), *_dense(second * 24 * 24, dense)], dense, classes)


def tramer_d(classes: int = 10, width: float = 1.0, depth: int = 4) -> Classifier:
    """D: four dense layers of 300, dropout 0.5 after each; features (n, 300 * width). Source: as `tramer_a`.

    Its dense layers start from He's normal numbers, as in the released code. AT2L's supplement prints `depth=3`.
    Raises: ValueError also unless depth >= 1.
    """
    if depth < 1:
        raise ValueError(f"D needs depth >= 1 dense layers, got {depth}")
    (dense,) = _scaled(width, 300)
    layers: list[nn.Module] = [nn.Flatten()]
    for i in range(depth):
        layers += _dense(28 * 28 if i == 0 else dense, dense)
        nn.init.kaiming_normal_(layers[-3].weight, nonlinearity="relu")  # type: ignore[arg-type]
        nn.init.zeros_(layers[-3].bias)  # type: ignore[arg-type]
    return _classifier(layers, dense, classes)


def _scaled(width: float, *sizes: int) -> tuple[int, ...]:
    if not 0 < width <= 1:
        raise ValueError(f"width is the share of every hidden layer and must lie in (0, 1], got {width}")
    return tuple(max(1, round(size * width)) for size in sizes)


def _dense(inside: int, outside: int) -> list[nn.Module]:
    return [nn.Linear(inside, outside), nn.ReLU(), nn.Dropout(0.5)]


def _classifier(layers: list[nn.Module], features: int, classes: int) -> Classifier:
    return Classifier(nn.Sequential(Normalize((0.0,), (1.0,)), *layers), nn.Linear(features, classes))
