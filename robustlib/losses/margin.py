"""Losses for attackers: they keep their gradient where cross-entropy has lost it. Positive means misclassified."""

import torch

from robustlib.interfaces import Labels, Logits, PerExample


def logit(logits: Logits, y: Labels) -> PerExample:
    """The logit of the label, f_y: what an attack towards a target raises. Range: real."""
    return logits.gather(1, y[:, None]).squeeze(1)


def margin(logits: Logits, y: Labels) -> PerExample:
    r"""By how much the best wrong class beats the label.

    .. math:: m(x, y) = \max_{j \ne y} f_j - f_y

    Source: Carlini & Wagner 2017 (Towards evaluating), section V-A, f_6 without the outer maximum.
    Range: real; > 0 exactly where the model is wrong (a tie is 0). Defined for two classes or more.
    """
    others = logits.scatter(1, y[:, None], -torch.inf)
    return others.amax(1) - logit(logits, y)


def dlr(logits: Logits, y: Labels) -> PerExample:
    r"""The margin divided by a spread of the sorted logits, so that rescaling the logits changes nothing.

    .. math:: \mathrm{DLR}(x, y) = \frac{\max_{j \ne y} f_j - f_y}{f_{\pi_1} - f_{\pi_3}}

    where :math:`\pi` sorts the logits downwards. With two classes there is no third logit, and the ratio of the two
    would be constant: the plain margin is returned.

    Source: Croce & Hein 2020 (AutoAttack), equation 6. Range: at least -1; > 0 exactly where the model is wrong.
    """
    if logits.shape[1] == 2:
        return margin(logits, y)
    ordered = logits.sort(1, descending=True).values
    return margin(logits, y) / (ordered[:, 0] - ordered[:, 2] + 1e-12)
