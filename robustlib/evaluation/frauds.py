"""Planted frauds: defences that only fool the attack. What judges an evaluation must convict each of them.

Each wraps a `Classifier` and gives another, of the same answers or nearly, so that what it adds in robust accuracy under
plain PGD is a fault of the evaluation. None is a defence: the docstrings name the attack that passes it.
"""

from copy import deepcopy
from math import pi

import torch
from torch import Tensor, nn

from robustlib.interfaces import Images, Logits, PerExample
from robustlib.models.classifier import Classifier, StopGradient


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
    Source: Xiao et al. 2020, equation 1. Raises: ValueError unless 0 < share <= 1.
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


def saturated_softmax(model: Classifier, scale: float = 1e4) -> Classifier:
    """Logits so large that in float32 the softmax is exactly 0 or 1 and the cross-entropy has no gradient.

    Passed by a loss of logit differences (`margin`, `dlr`), on whose sign a factor does nothing.
    Source: Carlini & Wagner 2017, section IX.A, on defensive distillation. Raises: ValueError unless scale > 0.
    """
    return Classifier(model.body, nn.Sequential(model.head, Scale(scale)))


def stop_gradient(model: Classifier) -> Classifier:
    """The same answers with a gradient of exactly zero: a detach forgotten in front.

    Passed by `BPDA` with the identity, `Transfer` from the model without it, and `Square`, which asks no gradient.
    Source: Athalye et al. 2018, section 3 (shattered gradients).
    """
    return Classifier(nn.Sequential(StopGradient(), model.body), model.head)


def random_noise(model: Classifier, amplitude: float = 0.1, frequency: float = 100.0) -> Classifier:
    """A layer of noise in front, see `SteepNoise`: answers hardly change, one draw's gradient is nearly all noise.

    Passed by `EOT`, and by `BPDA` with the identity. Source: Athalye et al. 2018, section 3 (stochastic gradients).
    Raises: ValueError unless both are > 0.
    """
    return Classifier(nn.Sequential(SteepNoise(amplitude, frequency), model.body), model.head)


def quantised_input(model: Classifier, levels: int = 16) -> Classifier:
    """Rounded pixels in front, see `Quantise`: the gradient is exactly zero.

    Passed by `BPDA` with the identity. Source: Xu et al. 2018; Athalye et al. 2018, section 4.1 (straight-through).
    Raises: ValueError unless levels >= 2.
    """
    return Classifier(nn.Sequential(Quantise(levels), model.body), model.head)


def k_winners_take_all(model: Classifier, share: float = 0.2) -> Classifier:
    """A copy of the model with `KWinners` in place of every ReLU and LeakyReLU of its body.

    Passed by `BPDA` with ReLU behind `KWinners`, and by `EOT` over points nearby. Weights trained with ReLU keep most of
    their accuracy at a share of 0.2; fewer winners need training.
    Source: Xiao et al. 2020; broken in Tramer et al. 2020, section 5.
    Raises: ValueError unless 0 < share <= 1, and for a body without such a module.
    """
    copy = deepcopy(model)
    found = [
        (parent, name)
        for parent in copy.body.modules()
        for name, child in parent.named_children()
        if isinstance(child, nn.ReLU | nn.LeakyReLU)
    ]
    if not found:
        raise ValueError("k_winners_take_all replaces nn.ReLU and nn.LeakyReLU modules, and the body has none")
    for parent, name in found:
        setattr(parent, name, KWinners(share))
    return copy
