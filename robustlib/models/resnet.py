"""The CIFAR residual networks of He et al. 2016: depth 6n + 2, three stages of n blocks, widths w, 2w, 4w."""

from torch import Tensor, nn
from torch.nn import functional as F

from robustlib.models.classifier import Classifier, Normalize
from robustlib.models.lenet import MNIST_MEAN, MNIST_STD

CIFAR10_MEAN, CIFAR10_STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)  # of the 50,000 training images


class Block(nn.Module):
    """Two 3x3 convolutions and a shortcut that subsamples and zero-pads (option A), so it has no weights.

    Source: He et al. 2016, section 4.2.
    """

    def __init__(self, inside: int, outside: int, stride: int, slope: float) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outside)
        self.conv2 = nn.Conv2d(outside, outside, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outside)
        self.stride, self.missing, self.slope = stride, outside - inside, slope

    def forward(self, x: Tensor) -> Tensor:
        out = F.leaky_relu(self.norm1(self.conv1(x)), self.slope)
        out = self.norm2(self.conv2(out))
        shortcut = x[:, :, :: self.stride, :: self.stride]
        if self.missing:
            shortcut = F.pad(shortcut, (0, 0, 0, 0, 0, self.missing))
        return F.leaky_relu(out + shortcut, self.slope)


def resnet(depth: int = 32, classes: int = 10, channels: int = 3, width: int = 16, slope: float = 0.0) -> Classifier:
    """ResNet of depth 6n + 2 for small images; features (n, 4 * width) after global average pooling.

    `slope` is the negative slope of the activations: 0 is ReLU, 0.1 as in Pang et al. 2018. `channels` is 1 (MNIST's
    normalisation) or 3 (CIFAR-10's).

    Raises: ValueError unless depth is 6n + 2 with n >= 1 and channels is 1 or 3.
    """
    blocks, rest = divmod(depth - 2, 6)
    if rest or blocks < 1:
        raise ValueError(f"depth must be 6n + 2 (8, 14, 20, 32, 56, ...), got {depth}")
    if channels not in (1, 3):
        raise ValueError(f"channels must be 1 or 3, got {channels}")
    mean, std = (MNIST_MEAN, MNIST_STD) if channels == 1 else (CIFAR10_MEAN, CIFAR10_STD)
    layers: list[nn.Module] = [Normalize(mean, std), nn.Conv2d(channels, width, 3, 1, 1, bias=False)]
    layers += [nn.BatchNorm2d(width), nn.LeakyReLU(slope)]
    inside = width
    for stage in range(3):
        outside = width * 2**stage
        for block in range(blocks):
            layers.append(Block(inside, outside, 2 if stage and not block else 1, slope))
            inside = outside
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    for layer in layers:
        for module in layer.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return Classifier(nn.Sequential(*layers), nn.Linear(inside, classes))
