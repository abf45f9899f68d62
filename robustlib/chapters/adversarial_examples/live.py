"""What the notebook computes on the spot: FGSM and PGD written out, ten digits, gradients, what they break."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from robustlib.interfaces import Images, Labels
from robustlib.losses import cross_entropy


def fgsm(model: nn.Module, x: Images, y: Labels, eps: float) -> Images:
    r"""One step of length eps along the sign of the gradient, kept in [0, 1].

    .. math:: \tilde x = \mathrm{clip}_{[0,1]}\left(x + \epsilon\,\mathrm{sign}\,\nabla_x L(x, y)\right)

    Source: Goodfellow et al. 2015, section 4. eps in pixel units of [0, 1].
    """
    at = x.clone().requires_grad_()
    loss = cross_entropy(model(at), y).sum()
    (g,) = torch.autograd.grad(loss, at)
    return (x + eps * g.sign()).clamp(0, 1)


def pgd(model: nn.Module, x: Images, y: Labels, eps: float, steps: int = 10) -> Images:
    r"""So many steps of 2.5 eps / steps along the sign of the gradient, each followed by the way back into the ball.

    .. math:: x_{t+1} = \mathrm{clip}_{[x-\epsilon, x+\epsilon] \cap [0,1]}\left(x_t + \alpha\,\mathrm{sign}\,
              \nabla_x L(x_t, y)\right), \qquad x_0 = x

    Source: Madry et al. 2018, section 2.1, here without the random start.
    """
    x_adv = x
    for _ in range(steps):
        x_adv = fgsm(model, x_adv, y, 2.5 * eps / steps)
        x_adv = x_adv.clamp(x - eps, x + eps)
    return x_adv


def gradients(model: nn.Module, x: Images, y: Labels) -> Tensor:
    """The gradient of the cross-entropy at each image, of the shape of x."""
    at = x.clone().requires_grad_()
    (g,) = torch.autograd.grad(cross_entropy(model(at), y).sum(), at)
    return g


@torch.no_grad()
def ten_digits(models: Sequence[nn.Module], split: Any) -> tuple[Images, Labels]:
    """Of each class, in order, the first image of the split that all models read right.

    Raises: LookupError for a class of which there is none.
    """
    x, y = split[:]
    right = torch.stack([model(x).argmax(1) == y for model in models]).all(0)
    found = [torch.nonzero(right & (y == k)).flatten()[:1] for k in range(10)]
    if missing := [k for k, at in enumerate(found) if not len(at)]:
        raise LookupError(f"no image of class {missing[0]} is read right by all {len(models)} models")
    rows = torch.cat(found)
    return x[rows], y[rows]


@torch.no_grad()
def losses(model: nn.Module, x: Images, y: Labels) -> float:
    """The mean cross-entropy of the images."""
    return cross_entropy(model(x), y).mean().item()


def misread(models: Mapping[str, nn.Module], x: Images, y: Labels, radii: Sequence[float]) -> dict[str, dict[str, int]]:
    """How many of the images each model misreads after `pgd` at each of the radii: {name: {"0.2": 7}}."""
    return {
        name: {f"{eps:g}": int((model(pgd(model, x, y, eps)).argmax(1) != y).sum()) for eps in radii}
        for name, model in models.items()
    }
