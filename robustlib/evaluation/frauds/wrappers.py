"""The wrappers: each takes a `Classifier` and gives one of nearly the same answers that plain PGD does not break."""

from copy import deepcopy

from torch import nn

from robustlib.evaluation.frauds.layers import KWinners, Quantise, Scale, SteepNoise
from robustlib.models.classifier import Classifier, StopGradient


def saturated_softmax(model: Classifier, scale: float = 1e4) -> Classifier:
    """Logits so large that in float32 the softmax is exactly 0 or 1 and the cross-entropy has no gradient.

    Passed by a loss of logit differences (`margin`, `dlr`), on whose sign a factor does nothing.
    Source: Papernot et al. 2016 (defensive distillation), passed so by Carlini & Wagner 2016.
    Raises: ValueError unless scale > 0.
    """
    return Classifier(model.body, nn.Sequential(model.head, Scale(scale)))


def stop_gradient(model: Classifier) -> Classifier:
    """The same answers with a gradient of exactly zero: a detach forgotten in front.

    Passed by `BPDA` with the identity, `Transfer` from the model without it, and `Square`, which asks no gradient.
    Source: Athalye et al. 2018 (shattered gradients).
    """
    return Classifier(nn.Sequential(StopGradient(), model.body), model.head)


def random_noise(model: Classifier, amplitude: float = 0.1, frequency: float = 50.0) -> Classifier:
    """A layer of noise in front, see `SteepNoise`: answers hardly change, one draw's gradient is nearly all noise.

    Passed by `EOT`, and by `BPDA` with the identity. Source: Athalye et al. 2018 (stochastic gradients).
    Raises: ValueError unless both are > 0.
    """
    return Classifier(nn.Sequential(SteepNoise(amplitude, frequency), model.body), model.head)


def quantised_input(model: Classifier, levels: int = 16) -> Classifier:
    """Rounded pixels in front, see `Quantise`: the gradient is exactly zero.

    Passed by `BPDA` with the identity. Source: Xu et al. 2018; Athalye et al. 2018 (straight-through).
    Raises: ValueError unless levels >= 2.
    """
    return Classifier(nn.Sequential(Quantise(levels), model.body), model.head)


def k_winners_take_all(model: Classifier, share: float = 0.2) -> Classifier:
    """A copy of the model with `KWinners` in place of every ReLU and LeakyReLU of its body.

    Passed by `BPDA` with ReLU behind `KWinners`, and by `Transfer` from the model itself. Weights trained with ReLU
    keep most of their accuracy at a share of 0.2; fewer winners need training.
    Source: Xiao et al. 2020; broken in Tramer et al. 2020.
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
