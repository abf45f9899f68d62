"""Which label an attack is given: the predicted one, or a wrong class as its target, instead of the true one."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from robustlib.door import check_inputs
from robustlib.geometry import draw
from robustlib.gradient import clean_logits
from robustlib.interfaces import Attack, Images, Labels, Logits

Choice = Callable[[Logits, Labels], Labels]  # from the clean logits and the true labels


def predicted(logits: Logits, y: Labels) -> Labels:
    """The model's own answer, for an attack away from it: the true label leaks nothing into the perturbation.

    Source: Kurakin et al. 2017 (Adversarial machine learning at scale), section 4.3 (label leaking).
    """
    return logits.argmax(1)


def least_likely(logits: Logits, y: Labels) -> Labels:
    r"""The wrong class with the smallest logit, :math:`y_{LL} = \mathrm{arg\,min}_j\, f_j(x)`, for a targeted attack.

    Source: Kurakin et al. 2017 (Adversarial examples in the physical world), section 2.3.
    """
    # Paper: any class. Here a wrong one: with few classes the attack would otherwise correct the model's mistakes.
    return logits.scatter(1, y[:, None], torch.inf).argmin(1)


def runner_up(logits: Logits, y: Labels) -> Labels:
    """The most likely wrong class, for a targeted attack: the easiest target as a rule."""
    return logits.scatter(1, y[:, None], -torch.inf).argmax(1)


def next_class(logits: Logits, y: Labels) -> Labels:
    """The class after the label, the first one after the last, for a targeted attack."""
    return (y + 1) % logits.shape[1]


def random_class(logits: Logits, y: Labels) -> Labels:
    """A wrong class drawn uniformly from torch's CPU generator, for a targeted attack."""
    return draw(tuple(logits.shape), logits).scatter(1, y[:, None], -1).argmax(1)


TARGETS: tuple[Choice, ...] = (least_likely, runner_up, next_class, random_class)


@dataclass(frozen=True)
class Relabel:
    r"""An attack that is given other labels than the true ones, chosen once from the logits of the clean images.

    .. math:: \tilde x = \mathrm{attack}(f, x, \mathrm{choice}(f(x), y))

    `Relabel(PGD(), predicted)` climbs away from the model's own answer; `Relabel(PGD(targeted=True), least_likely)`
    descends towards a class. It is called with the true labels, and what it is judged by is their misclassification.

    Source: Kurakin et al. 2017 (Adversarial machine learning at scale), section 2. Kind: that of the attack.
    Raises: ValueError for a target given to an attack that is not targeted, or `predicted` to one that is; when
    called, for bad images or labels.
    """

    attack: Attack
    labels: Choice = predicted  # or least_likely, runner_up, next_class, random_class, any function of (logits, y)

    def __post_init__(self) -> None:
        targeted = getattr(self.attack, "targeted", None)  # Noise, for one, does not say
        wanted = True if self.labels in TARGETS else False if self.labels is predicted else None
        if None not in (targeted, wanted) and targeted != wanted:
            raise ValueError(
                f"{self.labels.__name__} is for an attack with targeted={wanted}, got {self.attack!r}; "
                "the other way round it would drive the images towards the class they have"
            )

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        check_inputs(model, x, y)
        if len(x) == 0:
            return x.detach().clone()
        return self.attack(model, x, self.labels(clean_logits(model, x, y), y))
