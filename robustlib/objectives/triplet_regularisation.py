"""AT2L's triplet as a regularisation term beside whatever else is minimised."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from robustlib.interfaces import Attack, Images, Labels, Objective, Terms
from robustlib.objectives.adversarial_triplet import AdversarialTriplet, NormTriplet


@dataclass(frozen=True)
class TripletRegularisation:
    r"""The terms of any objective on (x, y), and the adversarial triplet added to them.

    .. math:: L(x, y) + R(x, y), \qquad R(x, y) = \frac{\lambda}{k} \sum_{i=1}^k \max\left\{\|f(x_i^{adv}) - f(x_i)\|
              - \|f(x_i^{adv}) - f(x_i^n)\| + \alpha, 0\right\}

    R attacks the batch itself and asks the model of both batches once more: beside `AdversarialTraining` that is twice
    the attack, and `AT2L`, which shares the images and the forward, is the cheaper form of the same sum.

    Source: Li et al. 2019 (AT2L), section 3.4; lambda is 0.5 to 1 in the supplement.
    Raises: ValueError unless weight > 0; when called, for a batch of a single class, and for an objective that has a
    term of the same name already.
    """

    objective: Objective
    attack: Attack
    weight: float = 1.0  # lambda
    triplet: AdversarialTriplet = field(default_factory=NormTriplet)

    def __post_init__(self) -> None:
        if not 0 < self.weight < float("inf"):
            raise ValueError(f"the weight lambda of the triplet must be > 0 and finite, got {self.weight}")

    def __call__(self, model: nn.Module, x: Images, y: Labels, *more: Tensor) -> Terms:
        terms = self.objective(model, x, y, *more)
        z, logits = self.triplet.embed(model, torch.cat([x, self.attack(model, x, y)]))
        clean, attacked = zip(z.chunk(2), logits.chunk(2), strict=True)
        added = self.triplet.terms(clean, attacked, y, self.weight)
        if twice := sorted(terms.keys() & added.keys()):
            raise ValueError(
                f"{type(self.objective).__name__} has a term {twice[0]!r} already, of a triplet of its own; regularise "
                "an objective without one"
            )
        return terms | added
