"""Thermometer encoding in front of a network: pixels as bits, whose gradient is zero everywhere."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from robustlib.interfaces import Images
from robustlib.models.classifier import Classifier, Normalize
from robustlib.models.distance_network import copy_of

Codes = Float[Tensor, "n b h w"]  # b = c L bits of a pixel, those of one channel side by side


class Thermometer(nn.Module):
    r"""Every channel of an image as L channels of bits: as many are 1 as the pixel's level is high, and one more.

    .. math:: \tau(x)_k = 1 \text{ for } k \le l(x), \text{ else } 0, \qquad l(x) = \min(\lfloor L x \rfloor, L - 1),
              \quad k = 0 .. L - 1

    The levels are cells of width 1/L, and bit 0 is always 1. Inside a cell nothing changes, so that the gradient with
    respect to x exists and is exactly zero: a gradient attack stands still, whether or not the network is robust.
    Shapes: (n, c, h, w) in [0, 1] -> (n, c L, h, w), the bits of one channel side by side.

    Source: Buckman et al. 2018, section 3; this order of the bits is the released code's.
    Raises: ValueError unless levels >= 2.
    """

    def __init__(self, levels: int = 16) -> None:
        super().__init__()
        self.levels = at_least_two(levels)

    def extra_repr(self) -> str:
        """What it prints between its brackets."""
        return f"levels={self.levels}"

    def forward(self, x: Images) -> Codes:
        level = (self.levels * x).floor().clamp(max=self.levels - 1)
        return bits(level, self.levels)


@dataclass(frozen=True)
class SoftThermometer:
    r"""The substitute of `Thermometer` in a backward pass: each bit rises over the cell below it, instead of jumping.

    .. math:: \hat\tau(x)_k = \min(\max(L x - k + 1, 0), 1)

    At the lower edge of every cell it equals the code. `BPDA(attack, Thermometer, SoftThermometer(16))` climbs on it.

    Source: Athalye et al. 2018 (Obfuscated gradients), the case study on thermometer encoding, and its released code.
    Raises: ValueError unless levels >= 2.
    """

    levels: int = 16

    def __post_init__(self) -> None:
        at_least_two(self.levels)

    def __call__(self, x: Images) -> Codes:
        return bits(self.levels * x, self.levels)


@dataclass(frozen=True)
class SigmoidThermometer:
    r"""A smooth substitute of `Thermometer`: a pixel has a slope towards the bits around it, most to the nearest.

    .. math:: \hat\tau(x)_k = \sigma\big(s\,(x - k / L)\big)

    The straight substitute has a slope towards one bit only, and none where a pixel lies on the edge of a cell or in
    the last one.

    Source: in this book. Raises: ValueError unless levels >= 2 and slope > 0.
    """

    levels: int = 16
    slope: float = 20.0  # s, per unit of a pixel

    def __post_init__(self) -> None:
        at_least_two(self.levels)
        if not self.slope > 0:
            raise ValueError(f"a sigmoid needs a slope > 0, got {self.slope}")

    def __call__(self, x: Images) -> Codes:
        k = torch.arange(self.levels, dtype=x.dtype, device=x.device)
        edges = x.permute(0, 2, 3, 1)[..., None] - k / self.levels
        return (self.slope * edges).sigmoid().flatten(3).permute(0, 3, 1, 2)


def bits(level: Images, levels: int) -> Codes:
    """clamp(level - k + 1, 0, 1) for k = 0 .. L - 1, side by side: (n, c, h, w) -> (n, c L, h, w)."""
    k = torch.arange(levels, dtype=level.dtype, device=level.device)
    rising = level.permute(0, 2, 3, 1)[..., None] - (k - 1)  # levels last: what follows reads them channels_last
    return rising.clamp_(0, 1).flatten(3).permute(0, 3, 1, 2)


def with_thermometer(model: Classifier, levels: int = 16) -> Classifier:
    """A copy of a network that reads thermometer codes: images in [0, 1] stay what it is handed.

    `Normalize` goes, and the first convolution or dense layer is one of L times as many inputs, with new weights: the
    network has to be trained. In the result's body, [0] is the `Thermometer`.

    Source: Buckman et al. 2018, section 3. Raises: ValueError unless levels >= 2, and for a body without such a layer,
    or whose first convolution is grouped.
    """
    encoder, body = Thermometer(levels), copy_of(model.body)
    for parent, name, child in _children(body):
        if isinstance(child, Normalize):
            setattr(parent, name, nn.Identity())
    parent, name, first = next(
        (found for found in _children(body) if isinstance(found[2], nn.Conv2d | nn.Linear)), (body, "", body)
    )
    if isinstance(first, nn.Linear):
        wider: nn.Module = nn.Linear(first.in_features * levels, first.out_features, first.bias is not None)
    elif isinstance(first, nn.Conv2d) and first.groups == 1:
        shape = first.kernel_size, first.stride, first.padding, first.dilation
        wider = nn.Conv2d(first.in_channels * levels, first.out_channels, *shape, bias=first.bias is not None)  # type: ignore[arg-type]
    else:
        raise ValueError(f"no convolution (in one group) or dense layer in the body to read codes with: {body!r:.80}")
    setattr(parent, name, wider.to(next(first.parameters())))
    return Classifier(nn.Sequential(encoder, body), copy_of(model.head))


def _children(module: nn.Module) -> list[tuple[nn.Module, str, nn.Module]]:
    """(parent, name, child) of every module inside, in the order of the forward pass of a sequence."""
    return [(parent, name, child) for parent in module.modules() for name, child in parent.named_children()]


def at_least_two(levels: int) -> int:
    """Raises: ValueError unless levels >= 2."""
    if levels < 2:
        raise ValueError(f"a thermometer needs levels >= 2, got {levels}: with one level every image has the same code")
    return levels
