"""The residual networks of He et al. 2016 in their second form: normalise and activate first, then convolve."""

from torch import Tensor, nn
from torch.nn import functional as F

from robustlib.models.classifier import Classifier, Negate, Normalize

EPSILON = 1e-3  # of batch-norm, as in the code released with Pang et al. 2018


class PreactivationBlock(nn.Module):
    """Two 3x3 convolutions, each after its own batch-norm and leaky ReLU, and a shortcut around both.

    The shortcut has no weights: it subsamples by averaging and adds empty channels on both sides. In the first block of
    a network the activation comes before the fork (`first`), so that the shortcut carries it too.
    Source: He et al. 2016 (Identity mappings), figure 4e.
    """

    def __init__(self, inside: int, outside: int, stride: int, slope: float, first: bool) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(inside, EPSILON)
        self.conv1 = nn.Conv2d(inside, outside, 3, stride, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outside, EPSILON)
        self.conv2 = nn.Conv2d(outside, outside, 3, 1, 1, bias=False)
        self.stride, self.missing, self.slope, self.first = stride, outside - inside, slope, first

    def forward(self, x: Tensor) -> Tensor:
        active = F.leaky_relu(self.norm1(x), self.slope)
        shortcut = active if self.first else x
        if self.stride > 1:
            shortcut = F.avg_pool2d(shortcut, self.stride, ceil_mode=True)
        if self.missing:
            before = self.missing // 2
            shortcut = F.pad(shortcut, (0, 0, 0, 0, before, self.missing - before))
        return shortcut + self.conv2(F.leaky_relu(self.norm2(self.conv1(active)), self.slope))


def preactivation_resnet(
    depth: int = 32, classes: int = 10, channels: int = 3, width: int = 16, slope: float = 0.1, reverse: bool = False
) -> Classifier:
    """Pre-activation ResNet of depth 6n + 2 for small images; features (n, 4 * width) after global average pooling.

    `slope` is that of the leaky ReLU below 0. With `reverse` the logits of the linear layer are negated, so that the
    network's predictions are right after training with reverse cross-entropy. Pixels are moved to [-0.5, 0.5].

    Source: He et al. 2016 (Identity mappings); the details are those of the code released with Pang et al. 2018.
    Raises: ValueError unless depth is 6n + 2 with n >= 1.
    """
    blocks, rest = divmod(depth - 2, 6)
    if rest or blocks < 1:
        raise ValueError(f"depth must be 6n + 2 (8, 14, 20, 32, 56, ...), got {depth}")
    layers: list[nn.Module] = [Normalize((0.5,) * channels, (1.0,) * channels)]
    layers.append(nn.Conv2d(channels, width, 3, 1, 1, bias=False))
    inside = width
    for stage in range(3):
        outside = width * 2**stage
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            layers.append(PreactivationBlock(inside, outside, stride, slope, first=not stage and not block))
            inside = outside
    layers += [nn.BatchNorm2d(inside, EPSILON), nn.LeakyReLU(slope), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    body = nn.Sequential(*layers)
    for module in body.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    linear = nn.Linear(inside, classes)
    return Classifier(body, nn.Sequential(linear, Negate()) if reverse else linear)
