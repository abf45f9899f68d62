"""A LeNet of 22,310 parameters: small enough that a page of the book carries two of them and attacks them."""

from torch import nn

from robustlib.models.classifier import Classifier, Normalize
from robustlib.models.lenet import MNIST_MEAN, MNIST_STD


def small_lenet(classes: int = 10) -> Classifier:
    """LeNet-5's two convolutions, 6 and 16 filters of 5x5, and one dense layer of 48; features (n, 48).

    The first convolution keeps 28x28, the second cuts 14x14 to 10x10; a pool halves each before its ReLU, which gives
    the same values as ReLU first, on fewer pixels. Source: LeCun et al. 1998, section II.B, for the convolutions.
    """
    first = [nn.Conv2d(1, 6, 5, padding=2), nn.MaxPool2d(2), nn.ReLU()]
    second = [nn.Conv2d(6, 16, 5), nn.MaxPool2d(2), nn.ReLU()]
    dense = [nn.Flatten(), nn.Linear(16 * 5 * 5, 48), nn.ReLU()]
    return Classifier(nn.Sequential(Normalize(MNIST_MEAN, MNIST_STD), *first, *second, *dense), nn.Linear(48, classes))
