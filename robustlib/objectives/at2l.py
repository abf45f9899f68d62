"""AT2L (Li et al. 2019): adversarial training with a triplet whose anchor is the attacked image, and its relatives."""

import math
from dataclasses import dataclass, field

import torch
from torch import nn

from robustlib.interfaces import Attack, Images, Labels, Terms
from robustlib.losses import cross_entropy
from robustlib.objectives.adversarial_triplet import AdversarialTriplet, AngularTriplet, NormTriplet


@dataclass(frozen=True)
class AT2L:
    r"""Cross-entropy on the clean and the attacked batch, and the adversarial triplet.

    .. math:: \frac{1}{(1 + \lambda_1) k} \left(\sum_{i=1}^k \ell(x_i, y_i) + \lambda_1 \sum_{i=1}^k \ell(x_i^{adv},
              y_i)\right) + \frac{\lambda_2}{k} \sum_{i=1}^k \max\left\{\|f(x_i^{adv}) - f(x_i)\| - \|f(x_i^{adv}) -
              f(x_i^n)\| + \alpha, 0\right\}

    Without an `attack` the batch brings its attacked images: (x, y, x_adv), as `Crafted` yields them for algorithms 1
    and 2. Clean and attacked images pass the network together, so that batch-norm sees them as one batch.

    lambda2 = 0 is equation 1, which is `AdversarialTraining` with weight lambda1 / (1 + lambda1); lambda1 = 0 is the
    triplet beside clean cross-entropy (figure 3); lambda1 = None, the limit of a large one, has no clean cross-entropy,
    as Madry et al. train.

    Source: Li et al. 2019, equations 1 and 2; lambda1 is 0.6 on CIFAR-10 (supplement).
    Raises: ValueError unless lambda1 and lambda2 are finite and >= 0, one of them positive; when called, for a batch of
    a single class where there is a triplet, and unless there is either an attack or a batch with attacked images.
    """

    attack: Attack | None = None  # None: the batch brings its attacked images
    lambda1: float | None = 0.3  # of the attacked images, >= 0; None: they alone
    lambda2: float = 1.0  # of the triplet, >= 0; 0: none
    triplet: AdversarialTriplet = field(default_factory=NormTriplet)  # alpha, norm, negative and anchor

    def __post_init__(self) -> None:
        finite = [0 <= weight < math.inf for weight in (self.lambda1, self.lambda2) if weight is not None]
        if not all(finite) or self.lambda1 == self.lambda2 == 0:
            found = f"lambda1={self.lambda1}, lambda2={self.lambda2}"
            raise ValueError(f"AT2L needs finite weights >= 0, one of them positive, got {found}")

    @classmethod
    def ensemble_adversarial_training(cls, attack: Attack | None = None, lambda1: float = 1.0) -> "AT2L":
        """Tramèr et al. 2018: no triplet, attacked images from other models too. Half of the loss is on clean images;
        `lambda1=0.3` is the row of AT2L's algorithm 2 that differs from AT2L in lambda2 = 0 only. They draw one model
        for each batch, `Crafted` one for each image.
        """
        return cls(attack, lambda1, 0.0)

    @classmethod
    def tla(
        cls, attack: Attack | None = None, weight: float = 0.5, margin: float = 0.05, penalty: float = 1e-4
    ) -> "AT2L":
        """Mao et al. 2019: cross-entropy on attacked images only, and the angular triplet on penultimate features. The
        three numbers are theirs for MNIST; for CIFAR-10 2, 0.03 and 1e-3. The rest of their MNIST configuration is not
        taken over: there another clean image is the only positive, and labels are smoothed by 0.1 (`AngularTriplet`).
        """
        return cls(attack, None, weight, AngularTriplet(margin, penalty))

    @property
    def share(self) -> float:
        """The weight of the attacked images in the cross-entropy, lambda1 / (1 + lambda1)."""
        return 1.0 if self.lambda1 is None else self.lambda1 / (1 + self.lambda1)

    def __call__(self, model: nn.Module, x: Images, y: Labels, x_adv: Images | None = None) -> Terms:
        x_adv = self._attacked(model, x, y, x_adv)
        both = self.share < 1 or self.lambda2 > 0
        z, logits = self.triplet.embed(model, torch.cat([x, x_adv]) if both else x_adv)
        ce = cross_entropy(logits, torch.cat([y, y]) if both else y)
        terms: Terms = {}
        if self.share < 1:
            terms["clean"] = (1 - self.share) * ce[: len(y)].mean()
        if self.share > 0:
            terms["adversarial"] = self.share * ce[-len(y) :].mean()
        if self.lambda2 > 0:
            clean, attacked = zip(z.chunk(2), logits.chunk(2), strict=True)
            terms |= self.triplet.terms(clean, attacked, y, self.lambda2)
        return terms

    def _attacked(self, model: nn.Module, x: Images, y: Labels, x_adv: Images | None) -> Images:
        if self.attack is not None and x_adv is None:
            return self.attack(model, x, y)
        if self.attack is None and x_adv is not None:
            if x_adv.shape != x.shape:
                raise ValueError(f"each image needs its attacked form, got {tuple(x.shape)} and {tuple(x_adv.shape)}")
            return x_adv
        found = "neither an attack nor" if self.attack is None else "an attack and"
        raise ValueError(
            f"AT2L has {found} a batch with attacked images; give it an attack, or train on batches of Crafted"
        )
