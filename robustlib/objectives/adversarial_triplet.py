"""The triplet (attacked image, clean image, image of another class) as a term, in AT2L's form and in TLA's."""

import math
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import torch
from torch import Tensor, nn

from robustlib.interfaces import Features, Images, Labels, Logits
from robustlib.losses import angular_triplet, likeliest_wrong, nearest_other, norm_triplet
from robustlib.losses.angular_triplet import angular_distance
from robustlib.losses.negatives import Negatives
from robustlib.losses.norm_triplet import norm_distance
from robustlib.models.classifier import Classifier

Seen = tuple[Features, Logits]  # the embedding that the triplet compares, and the logits
Anchor = Literal["attacked", "clean"]


class AdversarialTriplet(Protocol):
    """A form of the triplet: what it embeds, and the weighted terms that it makes of the clean and attacked batch."""

    def embed(self, model: nn.Module, x: Images) -> Seen:
        """The embedding that is compared, and the logits, from one forward."""
        ...

    def terms(self, clean: Seen, attacked: Seen, y: Labels, weight: float) -> dict[str, Tensor]:
        """What is added to the objective, by name. Raises: ValueError for a batch of a single class."""
        ...


@dataclass(frozen=True)
class NormTriplet:
    r"""AT2L's triplet, on the logits f.

    .. math:: \frac{\lambda}{k} \sum_{i=1}^k \max\left\{\|f(x_i^{adv}) - f(x_i)\| - \|f(x_i^{adv}) - f(x_i^n)\|
              + \alpha, 0\right\}

    With `anchor="clean"`, an ablation, the two images of a pair change places: the clean one is kept away from x^n.

    Source: Li et al. 2019 (AT2L), section 3.4 and the second sum of equation 2.
    Raises: ValueError unless alpha >= 0, norm >= 1 and the anchor is one of the two.
    """

    alpha: float = 1.0  # margin, units of the logits, >= 0; supplement: 1.0
    norm: float = math.inf  # p of the distance, >= 1; 2 is the ablation
    negative: Negatives = likeliest_wrong  # or any_other (algorithm 2, line 13), nearest_other
    anchor: Anchor = "attacked"

    def __post_init__(self) -> None:
        if not self.alpha >= 0 or not self.norm >= 1:
            raise ValueError(f"NormTriplet needs alpha >= 0 and norm >= 1, got alpha={self.alpha}, norm={self.norm}")
        if self.anchor not in get_args(Anchor):
            raise ValueError(f"the anchor is one of {', '.join(get_args(Anchor))}, got {self.anchor!r}")

    def embed(self, model: nn.Module, x: Images) -> Seen:
        """The logits, twice."""
        logits = model(x).float()
        return logits, logits

    def terms(self, clean: Seen, attacked: Seen, y: Labels, weight: float) -> dict[str, Tensor]:
        """The mean triplet loss."""
        f, f_adv = clean[0], attacked[0]
        anchor, positive = (f_adv, f) if self.anchor == "attacked" else (f, f_adv)
        with torch.no_grad():
            far = norm_distance(anchor[:, None], f[None], self.norm)
        chosen = self.negative(attacked[1], far, y)
        return {"triplet": weight * norm_triplet(anchor, positive, f[chosen], self.alpha, norm=self.norm).mean()}


@dataclass(frozen=True)
class AngularTriplet:
    r"""TLA's triplet, on the penultimate features z, with the attacked image as anchor.

    .. math:: \lambda \left(\frac1k \sum_i L(z_i^{adv}, z_i, z_i^n) + \frac1k \sum_i L(z_i^{adv}, z_i^p, z_i^n)
              + \frac{\mu}{kd} \sum_i \|z_i^{adv}\|^2 + \|z_i\|^2 + \|z_i^n\|^2\right)

    L is `angular_triplet`. The positives are the image's own clean form and, with `mate`, x^p, another clean image of
    its class, drawn from the batch; an image that has none there adds nothing to the second sum.

    Source: Mao et al. 2019 (TLA), section 4, and its released code, which divides the lengths by d. Margins there: 0.05
    on MNIST, 0.03 on CIFAR-10; weights 0.5 and 2; penalties 1e-4 and 1e-3. It adds the lengths once for each triplet,
    on CIFAR-10 with both positives twice; here they are added once. Its configuration for MNIST has x^p as the only
    positive, and label smoothing of 0.1: that is not this term with `mate`, which has the clean form too.
    Raises: ValueError unless margin >= 0 and penalty >= 0.
    """

    margin: float = 0.05  # in [0, inf); angular distances are at most 1
    penalty: float = 1e-4  # mu, on the squared lengths, >= 0
    negative: Negatives = nearest_other
    mate: bool = True

    def __post_init__(self) -> None:
        if not self.margin >= 0 or not self.penalty >= 0:
            found = f"margin={self.margin}, penalty={self.penalty}"
            raise ValueError(f"AngularTriplet needs margin >= 0 and penalty >= 0, got {found}")

    def embed(self, model: nn.Module, x: Images) -> Seen:
        """The features, and the logits."""
        return features_and_logits(model, x)

    def terms(self, clean: Seen, attacked: Seen, y: Labels, weight: float) -> dict[str, Tensor]:
        """The mean triplet loss, and what the lengths cost."""
        z, anchor = clean[0], attacked[0]
        with torch.no_grad():
            far = angular_distance(anchor[:, None], z[None])
        negative = z[self.negative(attacked[1], far, y)]
        found = {"triplet": weight * angular_triplet(anchor, z, negative, self.margin).mean()}
        if self.mate:
            rows, mates = _mates(y)
            second = angular_triplet(anchor[rows], z[mates], negative[rows], self.margin)
            found["triplet"] = found["triplet"] + weight * second.sum() / len(y)
        if self.penalty:
            lengths = anchor.square() + z.square() + negative.square()
            found["lengths"] = weight * self.penalty * lengths.mean()
        return found


def features_and_logits(model: nn.Module, x: Images) -> Seen:
    """The penultimate features, and the logits that the head makes of them.

    Raises: TypeError for a model that does not say what its features are.
    """
    if not isinstance(model, Classifier):
        raise TypeError(
            f"this triplet compares penultimate features, and a {type(model).__name__} does not say which they are; "
            "make the model a robustlib.models.Classifier of a body and a head"
        )
    z = model.features(x)
    return z.float(), model.head(z).float()


def _mates(y: Labels) -> tuple[Tensor, Tensor]:
    """The images that are not the only ones of their class in the batch, and for each another one, drawn uniformly."""
    same = (y[:, None] == y[None]) & ~torch.eye(len(y), dtype=torch.bool, device=y.device)
    rows = same.any(1).nonzero().squeeze(1)
    noise = torch.rand(len(y), len(y)).to(y.device)
    return rows, noise.masked_fill(~same, -1).argmax(1)[rows]
