"""How to follow two gradients at once, a classifier's and a detector's."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from robustlib.geometry import per_example
from robustlib.interfaces import Images

# guide(g_label, g_score, fooled): where to go, from the classifier's and the detector's unit gradients, both uphill
Guide = Callable[[Images, Images, Tensor], Images]


def selective(g_label: Images, g_score: Images, fooled: Tensor) -> Images:
    """The classifier's gradient until the image is misclassified, then the detector's, and back if need be.

    Source: Bryniarski et al. 2021, section 4.1 (selective gradient descent).
    """
    return torch.where(per_example(fooled, g_label), g_score, g_label)


def orthogonal(g_label: Images, g_score: Images, fooled: Tensor) -> Images:
    """As `selective`, but without the part that changes the other aim to first order.

    Source: Bryniarski et al. 2021, section 4.2 (orthogonal gradient descent).
    """
    overlap = per_example((g_label * g_score).flatten(1).sum(1), g_label)
    return selective(g_label - overlap * g_score, g_score - overlap * g_label, fooled)


@dataclass(frozen=True)
class Weighted:
    r"""Both gradients at once: :math:`(1 - w)\, g_{label} + w\, g_{score}`, each of unit length.

    Source: Carlini & Wagner 2017 (Adversarial examples are not easily detected), section 5.2, as a weighted sum.
    Raises: ValueError unless 0 <= weight <= 1.
    """

    weight: float = 0.5  # of the detector

    def __post_init__(self) -> None:
        if not 0 <= self.weight <= 1:
            raise ValueError(f"the detector's weight must lie in [0, 1], got {self.weight}")

    def __call__(self, g_label: Images, g_score: Images, fooled: Tensor) -> Images:
        return (1 - self.weight) * g_label + self.weight * g_score
