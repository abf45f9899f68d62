"""The triplet of the report on robust representations, as a term beside AT2L's and TLA's."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from robustlib.interfaces import Features, Images, Labels
from robustlib.losses import batch_hard, triplet
from robustlib.losses.negatives import others
from robustlib.objectives.adversarial_triplet import Seen, features_and_logits


@dataclass(frozen=True)
class MinedTriplet:
    r"""Triplets mined among the clean and the attacked images alike, on the penultimate features.

    With lambda1 = 1 and weight 1, `AT2L(attack, 1.0, 1.0, MinedTriplet())` is `RobustRepresentations(attack=attack,
    stop_gradient=False)`; here the weight of the clean images is free, so that all forms of the triplet can be compared
    beside one cross-entropy. The miner decides which image is the anchor. With `stop_gradient` the cross-entropy trains
    the head alone, as the report has it: the body learns from triplets only.

    Source: Fostiropoulos et al. 2020, sections 2.1 and 3.3. Raises: ValueError unless margin >= 0.
    """

    margin: float = 1.0  # squared feature units
    mine: Callable[[Features, Labels, float], tuple[Tensor, Tensor, Tensor]] = batch_hard
    stop_gradient: bool = False

    def __post_init__(self) -> None:
        if not self.margin >= 0:
            raise ValueError(f"MinedTriplet needs margin >= 0, got {self.margin}")

    def embed(self, model: nn.Module, x: Images) -> Seen:
        """The features, and the logits."""
        z, logits = features_and_logits(model, x)
        return z, model.head(z.detach()).float() if self.stop_gradient else logits  # type: ignore[operator]

    def terms(self, clean: Seen, attacked: Seen, y: Labels, weight: float) -> dict[str, Tensor]:
        """The mean triplet loss."""
        others(y)  # one class alone has no negative
        z = torch.cat([clean[0], attacked[0]])
        anchor, positive, negative = self.mine(z, torch.cat([y, y]), self.margin)
        return {"triplet": weight * triplet(z[anchor], z[positive], z[negative], self.margin).mean()}
