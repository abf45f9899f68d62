"""Losses for attackers: they keep their gradient where cross-entropy has lost it. Positive means misclassified."""

import torch

from robustlib.interfaces import Labels, Logits, PerExample
from robustlib.losses.wide import wide


def logit(logits: Logits, y: Labels) -> PerExample:
    """The logit of the label, f_y: what an attack towards a target raises. Range: real.

    Raises: ValueError unless there is one label for each row, as do the losses that call it.
    """
    if y.shape != logits.shape[:1]:  # one label would be spread over all rows in silence
        raise ValueError(f"need one label for each of the {len(logits)} rows of logits, got shape {tuple(y.shape)}")
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
    would be constant: the plain margin is returned. Where the label itself is third, the ratio is constantly 1, and
    where it is lower a larger divisor makes it smaller: there the divisor has no gradient, for attacks towards a class.

    Source: Croce & Hein 2020 (AutoAttack), equation 6. Range: at least -1; > 0 exactly where the model is wrong.
    """
    logits = wide(logits)
    if logits.shape[1] == 2:
        return margin(logits, y)
    ordered = logits.topk(3, dim=1).values
    spread = ordered[:, 0] - ordered[:, 2] + 1e-12
    low = logit(logits, y) <= ordered[:, 2]
    return margin(logits, y) / torch.where(low, spread.detach(), spread)


def targeted_dlr(logits: Logits, y: Labels, target: Labels) -> PerExample:
    r"""By how much the target beats the label, divided by a spread of the sorted logits.

    .. math:: \mathrm{DLR}_t(x, y) = \frac{f_t - f_y}{f_{\pi_1} - (f_{\pi_3} + f_{\pi_4}) / 2}

    Two or three classes have no fourth logit, and with the third in its place the ratio would be constant (-1) where
    the target is the last of three: there :math:`f_t - f_y` is returned. An attack that takes the sign or the unit
    vector of the gradient does not see a scale of the logits either way.

    Source: Croce & Hein 2020 (AutoAttack), equation 7, as a value to be raised. Range: real; 0 where the target ties
    with the label; > 0 means misclassified, but the prediction may be a third class, and be so below 0.
    """
    logits = wide(logits)
    lead = logit(logits, target) - logit(logits, y)
    if logits.shape[1] < 4:
        return lead
    ordered = logits.topk(4, dim=1).values
    return lead / (ordered[:, 0] - (ordered[:, 2] + ordered[:, 3]) / 2 + 1e-12)
