"""What the planted frauds are made of: layers that hide the gradient, and a detector that hides nothing else."""

from math import pi

import torch
from torch import Tensor, nn

from robustlib.interfaces import Images, Logits, PerExample


class Scale(nn.Module):
    """Logits times a constant: the class stays, the softmax says 0 or 1. Raises: ValueError unless scale > 0."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        if not scale > 0:
            raise ValueError(f"a scale that keeps the class is > 0, got {scale}")
        self.scale = scale

    def forward(self, logits: Logits) -> Logits:
        return self.scale * logits


class Quantise(nn.Module):
    r"""Pixels rounded to the nearest of q levels, :math:`\mathrm{round}((q-1)\,x) / (q-1)`: no slope anywhere.

    Source: Xu et al. 2018 (feature squeezing), bit depth. Raises: ValueError unless levels >= 2.
    """

    def __init__(self, levels: int) -> None:
        super().__init__()
        if levels < 2:
            raise ValueError(f"a pixel needs 2 levels at least, got {levels}")
        self.levels = levels

    def forward(self, x: Images) -> Images:
        return (x * (self.levels - 1)).round() / (self.levels - 1)


class SteepNoise(nn.Module):
    r"""Additive noise of mean 0 whose gradient is noise too, and larger than the truth.

    .. math:: x + a \sin(\omega x + \varphi), \quad \varphi \sim U(0, 2\pi) \text{ for each pixel and call}

    Whatever x is, :math:`a \sin(\omega x + \varphi)` has the same (arcsine) distribution, of variance a^2 / 2: this is
    a layer of independent noise. But its derivative, :math:`1 + a \omega \cos(\omega x + \varphi)`, has mean 1 and
    variance :math:`(a \omega)^2 / 2`, so that one draw shows the wrong way nearly as often as the right one.

    a in pixel units of [0, 1]. Draws from torch's global generator. Raises: ValueError unless both are > 0.
    """

    draws_random_numbers = True

    def __init__(self, amplitude: float, frequency: float) -> None:
        super().__init__()
        if not (amplitude > 0 and frequency > 0):
            raise ValueError(f"amplitude and frequency must be > 0, got {amplitude} and {frequency}")
        self.amplitude, self.frequency = amplitude, frequency

    def forward(self, x: Images) -> Images:
        return x + self.amplitude * torch.sin(self.frequency * x + 2 * pi * torch.rand_like(x))


class KWinners(nn.Module):
    r"""Of an image's activations in this layer the share :math:`\gamma` that are largest stay, the others are 0.

    Which ones they are jumps with x, and so does the gradient. Ties at the border stay.
    Source: Xiao et al. 2020. Raises: ValueError unless 0 < share <= 1.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        if not 0 < share <= 1:
            raise ValueError(f"the share of winners must lie in (0, 1], got {share}")
        self.share = share

    def forward(self, z: Tensor) -> Tensor:
        flat = z.flatten(1)
        least = flat.topk(max(1, round(self.share * flat.shape[1])), dim=1).values[:, -1:]
        return torch.where(flat >= least, flat, torch.zeros_like(flat)).reshape(z.shape)


class RejectsEverything(nn.Module):
    """A detector that refuses every image: -1 where its authors accept from 0. It catches all attacks, and all else.

    What convicts it is the share of clean images refused, or any threshold chosen on clean images.
    """

    threshold = 0.0

    def score(self, x: Images) -> PerExample:
        """-1 for each image, with a gradient of exactly zero."""
        return 0 * x.flatten(1).sum(1) - 1
