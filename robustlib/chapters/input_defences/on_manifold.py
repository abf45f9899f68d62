"""T5: the attacks on Defense-GAN, through its projection and along the generator's own images."""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from robustlib.attacks import BPDA
from robustlib.attacks.adam import adam
from robustlib.door import check_inputs
from robustlib.geometry import Linf
from robustlib.gradient import evaluating, search_logits
from robustlib.interfaces import Attack, Images, Labels, Loss, submodules
from robustlib.losses import margin
from robustlib.models import Classifier, Projection


def projection_of(model: nn.Module) -> Projection:
    """The projection in the model. Raises: ValueError where there is none, or several."""
    found = [module for module in submodules(model) if isinstance(module, Projection)]
    if len(found) != 1:
        raise ValueError(f"this attack is on a model with one Projection, got {len(found)}: make it by defense_gan")
    return found[0]


@dataclass(frozen=True)
class WarmBPDA:
    """An attack through the projection, as if it were the identity, with a warm-started search at every step but the
    first.

    Verdicts outside of the attack have the whole search. Kind: that of the attack. It should not stop early: another
    number of images starts the search anew.
    Source: Athalye et al. 2018, section 4.1.1. Raises: when called, ValueError for a model without a projection.
    """

    attack: Attack
    warm: int = 20  # steps of the search after the first call, >= 1

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        projection = projection_of(model)
        with projection.warm(self.warm):
            return BPDA(self.attack, projection)(model, x, y)


@dataclass(frozen=True)
class OnManifold:
    r"""A misclassified image of the generator near that of x, and what the generator misses of x added to it.

    .. math:: \max_z L(f(G(z)), y) - \lambda \sum \max(|G(z) - G(z^*)| - \epsilon, 0), \qquad
              x' = \Pi_{B_\epsilon(x) \cap [0,1]}\left(x + G(z) - G(z^*)\right)

    by Adam on z from the projection's :math:`z^*`; L is the classifier's behind the projection. What the defence
    projects is then near G(z), which the generator makes itself: no search removes the change.

    Source: in this book, after the on-manifold examples of Athalye et al. 2018 (Defense-GAN). Kind: budget,
    L-infinity. Raises: ValueError unless eps >= 0, steps >= 1, rate > 0 and penalty >= 0; when called, for a model that
    is not made by `defense_gan`.
    """

    eps: float = 0.3  # radius, pixel units of [0, 1]
    steps: int = 200
    rate: float = 0.05  # of Adam, units of z
    penalty: float = 1.0  # lambda
    loss: Loss = margin

    norm = Linf()

    def __post_init__(self) -> None:
        if not (self.eps >= 0 and self.steps >= 1 and self.rate > 0 and self.penalty >= 0):
            raise ValueError(f"OnManifold needs eps, penalty >= 0, steps >= 1 and rate > 0, got {self}")

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        check_inputs(model, x, y)
        projection, x = projection_of(model), x.detach()
        if not isinstance(model, Classifier) or not isinstance(model.body, nn.Sequential) or len(x) == 0:
            raise ValueError("OnManifold climbs the classifier behind the projection: make the model by defense_gan")
        behind, generator = Classifier(model.body[1], model.head), projection.generator
        with evaluating(model), torch.no_grad():
            z = projection.latents(x)
            near = generator(z)
            mean = square = torch.zeros_like(z)[:, :, None, None]  # with the axes that `adam` has for images
            for t in range(1, self.steps + 1):
                with torch.enable_grad():
                    z.requires_grad_(True)
                    made = generator(z)
                    beyond = ((made - near).abs() - self.eps).relu().flatten(1).sum(1)
                    climbed = self.loss(search_logits(behind, made), y) - self.penalty * beyond
                    (g,) = torch.autograd.grad(climbed.sum(), z)
                direction, mean, square = adam(g[:, :, None, None], mean, square, t)
                z = z.detach() + self.rate * direction.flatten(1)
            return self.norm.project(x + generator(z) - near, x, self.eps)


@dataclass(frozen=True, eq=False)
class StartAt(Linf):
    """The cube, in which a climb sets out from a given perturbation."""

    delta: Images | None = None

    def start(self, x: Images, eps: float) -> Images:
        return torch.zeros_like(x) if self.delta is None else self.delta


@dataclass(frozen=True)
class FromManifold:
    """A climb through the projection that sets out from where `OnManifold` ends.

    Kind: budget, L-infinity. Raises: when called, as both.
    """

    start: OnManifold
    then: Any  # PGD or another climb with a field `norm`
    warm: int = 20

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        delta = self.start(model, x, y) - x.detach()
        return WarmBPDA(replace(self.then, norm=StartAt(delta)), self.warm)(model, x, y)
