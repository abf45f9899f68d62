"""The triplet report's objective: the embedding learns from triplets only, the head from cross-entropy only."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from robustlib.interfaces import Attack, Features, Images, Labels, Terms
from robustlib.losses import batch_hard, cross_entropy, triplet
from robustlib.models.classifier import Classifier

Miner = Callable[[Features, Labels, float], tuple[Tensor, Tensor, Tensor]]


@dataclass(frozen=True)
class RobustRepresentations:
    r"""Triplets shape the embedding z; a stop-gradient sg keeps the head's cross-entropy out of it.

    .. math:: L = \lambda\, L_{tri}(z) + L_{CE}(\mathrm{head}(\mathrm{sg}(z)), y)

    With an `attack`, both terms see the clean batch and the attacked one (rows Ours_PGD and Ours_FGSM of table 1).

    Source: Fostiropoulos et al. 2020, sections 2.1, 3.2 and 3.3. Paper silent on margin, mining and distance: 1.0,
    batch-hard, squared Euclidean. `stop_gradient=False` trains head and body jointly, which the report found
    impractical.

    Raises: ValueError unless margin >= 0 and weight >= 0.
    """

    margin: float = 1.0  # squared feature units
    mine: Miner = batch_hard
    weight: float = 1.0  # lambda
    attack: Attack | None = None
    stop_gradient: bool = True

    def __post_init__(self) -> None:
        if not (self.margin >= 0 and self.weight >= 0):
            raise ValueError(f"need margin >= 0 and weight >= 0, got margin={self.margin}, weight={self.weight}")

    def __call__(self, model: Classifier, x: Images, y: Labels) -> Terms:
        if self.attack is not None:
            x, y = torch.cat([x, self.attack(model, x, y)]), torch.cat([y, y])
        z = model.features(x).float()
        anchor, positive, negative = self.mine(z, y, self.margin)
        pull = triplet(z[anchor], z[positive], z[negative], self.margin)
        logits = model.head(z.detach() if self.stop_gradient else z).float()
        return {"triplet": self.weight * pull.sum() / max(1, len(pull)), "ce": cross_entropy(logits, y).mean()}
