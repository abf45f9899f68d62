"""The control of a triplet: the same batch through the network, and no term."""

from dataclasses import dataclass

from torch import Tensor, nn

from robustlib.interfaces import Images, Labels
from robustlib.objectives.adversarial_triplet import Seen, features_and_logits


@dataclass(frozen=True)
class NoTriplet:
    """Clean and attacked images pass the network together, as beside a triplet, so that batch-norm sees the same.

    `AT2L(attack, None, 0.0)` passes the attacked images alone: beside a triplet such a network differs in two things,
    the term and what batch-norm averages over. Source: in this book.
    """

    def embed(self, model: nn.Module, x: Images) -> Seen:
        """The features, and the logits."""
        return features_and_logits(model, x)

    def terms(self, clean: Seen, attacked: Seen, y: Labels, weight: float) -> dict[str, Tensor]:
        """None."""
        return {}
