"""What the networks of Pang et al. 2018 minimise, on a classifier whose logits are negated already."""

from dataclasses import dataclass

from torch import nn

from robustlib.interfaces import Images, Labels, Terms
from robustlib.losses import reverse_cross_entropy, smoothed_cross_entropy


@dataclass(frozen=True)
class ReverseCrossEntropy:
    r"""Reverse training: the mean reverse cross-entropy of the logits *before* they are negated.

    .. math:: \frac1n \sum_i L_{CE}^R\left(-f(x_i), y_i\right), \qquad f = -Z_{pre} \text{ the classifier's logits}

    The model is the ordinary classifier F_R, with `Negate` in its head: whatever attacks or judges it needs not know
    how it was trained. Source: Pang et al. 2018, section 3.2.
    """

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Terms:
        return {"rce": reverse_cross_entropy(-model(x).float(), y).mean()}


@dataclass(frozen=True)
class SmoothedCrossEntropy:
    """The mean of L_CE^lambda (Pang et al. 2018, equation 2): label smoothing, the rival that RCE is measured against.

    Raises: when called, ValueError unless 0 <= weight < inf.
    """

    weight: float = 0.1  # lambda

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Terms:
        return {"smoothed": smoothed_cross_entropy(model(x).float(), y, self.weight).mean()}
