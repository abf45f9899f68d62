"""Trainable prototypes beside a network's head: one point in the embedding for each class, which no logit reads."""

import math

import torch
from torch import Tensor, nn

from robustlib.interfaces import Features, Logits
from robustlib.models.classifier import Classifier


class WithPrototypes(nn.Module):
    r"""A head, and prototypes :math:`w_1 .. w_k` that training moves and predictions ignore.

    With `separate` embeddings are drawn to one set and pushed away from another, as in the released code; else they are
    the same. All start at normal numbers, as there. The rates multiply their gradients, so that under SGD they learn
    that much faster than the network. The released code's own rates, 0.5 and 1e-4 beside 0.01, and its division of the
    gradients by the weights 1 and 1e-4, are `rate=50, rival_rate=100`; a tenth of both under momentum 0.9, which that
    code gives to the network alone. Weight decay of the optimiser applies to prototypes too.

    Shapes: features (n, d) -> logits (n, k); prototypes (k, d). Source: Mustafa et al. 2019, the class prototypes.
    Raises: ValueError unless there are two classes or more, dims >= 1 and finite rates > 0.
    """

    def __init__(
        self,
        head: nn.Module,
        classes: int,
        dims: int,
        rate: float = 1.0,
        rival_rate: float = 1.0,
        separate: bool = False,
    ) -> None:
        super().__init__()
        if classes < 2 or dims < 1:
            raise ValueError(f"prototypes need two classes or more and dims >= 1, got {classes} classes of {dims}")
        if not (0 < rate < math.inf and 0 < rival_rate < math.inf):
            raise ValueError(f"rates multiply gradients and must be > 0 and finite, got {rate} and {rival_rate}")
        self.head, self.rate, self.rival_rate = head, rate, rival_rate
        self.points = nn.Parameter(torch.randn(classes, dims))
        self.others = nn.Parameter(torch.randn(classes, dims)) if separate else None

    @property
    def prototypes(self) -> Tensor:
        """What embeddings are drawn to, (k, d)."""
        return _at_rate(self.points, self.rate)

    @property
    def rivals(self) -> Tensor:
        """What embeddings of other classes are pushed away from, (k, d)."""
        return self.prototypes if self.others is None else _at_rate(self.others, self.rival_rate)

    def forward(self, z: Features) -> Logits:
        return self.head(z)


def with_prototypes(
    model: Classifier, rate: float = 1.0, rival_rate: float = 1.0, separate: bool = False
) -> Classifier:
    """The same network, weights shared, with prototypes beside its head.

    Raises: ValueError for a head that ends in no linear layer, of which prototypes take their shape; as
    `WithPrototypes`.
    """
    linear = [module for module in model.head.modules() if isinstance(module, nn.Linear)]
    if not linear:
        raise ValueError(f"the head has no linear layer to take the prototypes' shape from, got {model.head!r:.80}")
    head = WithPrototypes(model.head, linear[-1].out_features, linear[0].in_features, rate, rival_rate, separate)
    return Classifier(model.body, head.to(linear[0].weight))


def _at_rate(points: Tensor, rate: float) -> Tensor:
    """The points, whose gradient is multiplied by the rate."""
    return points if rate == 1 else points.detach() + rate * (points - points.detach())
