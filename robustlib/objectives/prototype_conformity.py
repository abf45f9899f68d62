"""Prototype conformity (Mustafa et al. 2019), the baseline that MadNet is measured against."""

from dataclasses import dataclass

import torch

from robustlib.interfaces import Attack, Images, Labels, Terms
from robustlib.losses import cross_entropy, proximity, separation
from robustlib.losses.wide import wide
from robustlib.models.classifier import Classifier
from robustlib.models.prototypes import WithPrototypes


@dataclass(frozen=True)
class PrototypeConformity:
    r"""Cross-entropy, embeddings near the prototype of their class, and far from all others.

    .. math:: L = \frac1n \sum_i L_{CE}(x_i, y_i) + \lambda_p \|z_i - w_{y_i}\|_2
              - \lambda_s \frac{1}{k - 1} \sum_{j \ne y_i} \left(\|z_i - w_j\|_2 + \|w_{y_i} - w_j\|_2\right)

    The prototypes are trained with the network, which is one of `models.with_prototypes`; to be tuned from a network
    that cross-entropy has trained. With an `attack` all terms see the clean batch and the attacked one. `squared` is
    the released code's form: squares of the distances from embeddings to prototypes, none between prototypes.

    Source: Mustafa et al. 2019, the prototype conformity loss. As printed both weights are 1, and the sum has no
    minimum; the released code's weights are the defaults here. One layer is drawn, the features; the paper draws
    several, by auxiliary branches.

    Raises: ValueError unless both weights are >= 0; when called, TypeError for a network without prototypes.
    """

    proximity: float = 1.0  # lambda_p
    separation: float = 1e-4  # lambda_s
    squared: bool = False
    attack: Attack | None = None

    def __post_init__(self) -> None:
        if not (self.proximity >= 0 and self.separation >= 0):
            found = f"proximity={self.proximity}, separation={self.separation}"
            raise ValueError(f"the weights of prototype conformity must be >= 0, got {found}")

    def __call__(self, model: Classifier, x: Images, y: Labels) -> Terms:
        head = model.head
        if not isinstance(head, WithPrototypes):
            raise TypeError(f"prototypes are beside the head: pass with_prototypes(model), got a head {head!r:.80}")
        if self.attack is not None:
            x, y = torch.cat([x, self.attack(model, x, y)]), torch.cat([y, y])
        z = model.features(x)
        ce = cross_entropy(wide(head(z)), y).mean()
        near = proximity(z, y, head.prototypes, squared=self.squared).mean()
        far = separation(z, y, head.rivals, squared=self.squared).mean()
        return {"ce": ce, "proximity": self.proximity * near, "separation": -self.separation * far}
