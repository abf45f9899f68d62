"""The two baselines: plain cross-entropy, and cross-entropy on clean and attacked images."""

from dataclasses import dataclass

import torch
from torch import nn

from robustlib.interfaces import Attack, Images, Labels, Terms
from robustlib.losses import cross_entropy


@dataclass(frozen=True)
class CrossEntropy:
    r"""The mean cross-entropy of the batch: :math:`\frac1n \sum_i L_{CE}(x_i, y_i)`.

    Source: the row Softmax of Fostiropoulos et al. 2020, table 1.
    """

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Terms:
        return {"ce": cross_entropy(model(x).float(), y).mean()}


@dataclass(frozen=True)
class AdversarialTraining:
    r"""Cross-entropy on the clean batch and on the batch as attacked at this moment.

    .. math:: (1 - w)\, L_{CE}(x, y) + w\, L_{CE}(\tilde x, y), \qquad \tilde x = \mathrm{attack}(f, x, y)

    w = 1 with `PGD` is PGD training as Madry et al. do it: only the attacked batch, made with the true labels against
    the weights of this moment from a random start in the ball. They climb 40 steps of 0.01 in 0.3 on MNIST,
    `PGD(0.3, 40, 0.01)`, and 7 of 2/255 in 8/255 on CIFAR-10; here the attack sees the model in eval mode. w = 1 with
    `NFGSM` costs two passes a step. w = lambda / (1 + lambda) is equation 1 of AT2L (Li et al. 2019).

    Source: Goodfellow et al. 2015, section 6 (w = 0.5); w = 1 is Madry et al. 2018, equation 2.1.
    Raises: ValueError unless 0 < weight <= 1.
    """

    attack: Attack
    weight: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.weight <= 1:
            raise ValueError(f"the weight of the attacked images must lie in (0, 1], got {self.weight}")

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Terms:
        x_adv = self.attack(model, x, y)
        if self.weight == 1:
            return {"adversarial": cross_entropy(model(x_adv).float(), y).mean()}
        both = cross_entropy(model(torch.cat([x, x_adv])).float(), torch.cat([y, y]))
        clean, adversarial = both.chunk(2)
        return {"clean": (1 - self.weight) * clean.mean(), "adversarial": self.weight * adversarial.mean()}
