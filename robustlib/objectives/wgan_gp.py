"""WGAN-GP: a critic that tells images from generated ones with a bounded slope, and a generator that climbs it."""

from dataclasses import dataclass

import torch

from robustlib.geometry import draw, per_example
from robustlib.interfaces import Images, Labels, PerExample, Terms
from robustlib.models import WGAN


@dataclass(frozen=True)
class WGANGP:
    r"""The critic's loss at every step, the generator's at every n-th, each with a gradient for its own weights only.

    .. math:: \mathbb{E}\, D(G(z)) - \mathbb{E}\, D(x) + \lambda\, \mathbb{E} \left(\|\nabla_{\hat x} D(\hat x)\|_2
              - 1\right)^2, \qquad -\mathbb{E}\, D(G(z)), \qquad z \sim N(0, I), \quad
              \hat x = u x + (1 - u)\, G(z), \quad u \sim U[0, 1]

    One optimiser for both does: a part without a gradient is not moved by `SGD` or `Adam` of this library. At every
    `critic_steps`-th step both move at once, from the weights before it. `fit` divides by all steps of an epoch what it
    logs, so that the term "generator" is a `critic_steps`-th of its mean. Labels are not used.

    Source: Gulrajani et al. 2017, equation 3 and algorithm 1 (lambda 10, five steps, Adam of rate 1e-4 with betas 0 and
    0.9); Samangouei et al. 2018 train so. Raises: ValueError unless penalty > 0 and critic_steps >= 1; when called,
    for images of another shape than the generator's.
    """

    penalty: float = 10.0  # lambda
    critic_steps: int = 5  # of the critic for one of the generator

    def __post_init__(self) -> None:
        if not 0 < self.penalty < float("inf") or self.critic_steps < 1:
            found = f"penalty={self.penalty}, critic_steps={self.critic_steps}"
            raise ValueError(f"WGANGP needs a finite penalty > 0 and critic_steps >= 1, got {found}")

    def __call__(self, model: WGAN, x: Images, y: Labels) -> Terms:
        generator = model.generator
        if x.shape[1:] != generator.shape:
            raise ValueError(f"the generator makes images {generator.shape}, the batch has {tuple(x.shape[1:])}")
        generated = generator(draw((len(x), generator.latent), x, "normal")).to(x.dtype)
        fake = generated.detach()
        mixed = torch.lerp(fake, x, per_example(draw((len(x),), x), x)).requires_grad_(True)
        (slope,) = torch.autograd.grad(model.critic(mixed).sum(), mixed, create_graph=True)
        length = slope.flatten(1).float().norm(dim=1)
        terms = {
            "critic": (model.critic(fake) - model.critic(x)).float().mean(),
            "penalty": self.penalty * (length - 1).square().mean(),
        }
        if model.training:
            model.steps += 1
        if model.steps % self.critic_steps == 0:
            terms["generator"] = -_climbed(model, generated).mean()
        return terms


def _climbed(model: WGAN, generated: Images) -> PerExample:
    """D(G(z)), with a gradient for the generator's weights and none for the critic's."""
    seen = generated.detach().requires_grad_(True)
    score = model.critic(seen)
    (slope,) = torch.autograd.grad(score.sum(), seen)
    return score.detach().float() + ((generated - seen.detach()) * slope).flatten(1).sum(1)
