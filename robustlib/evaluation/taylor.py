"""The error of the first-order argument behind MadNet's bound."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from robustlib.door import check_gradient, check_images, check_logits, check_model, check_size
from robustlib.evaluation.layer import Layer, function_of, in_parts
from robustlib.gradient import evaluating, in_float32
from robustlib.interfaces import Features, Images, PerExample


@dataclass(frozen=True, eq=False)
class TaylorRemainder:
    r"""How much of an embedding's move its Jacobian explains, for each image: :math:`\epsilon = x' - x`."""

    distortion: PerExample  # ||eps||_2, pixel units
    linear: PerExample  # ||J eps||_2
    moved: PerExample  # ||F(x + eps) - F(x)||_2
    remainder: PerExample  # ||F(x + eps) - F(x) - J eps||_2


def taylor_remainder(
    model: nn.Module, x: Images, x_adv: Images, layer: Layer = "features", batch: int = 100
) -> TaylorRemainder:
    r"""What the first-order bound leaves out, at given perturbed images, in eval mode and full precision.

    .. math:: R(x, \epsilon) = \|F(x + \epsilon) - F(x) - J_F(x)\,\epsilon\|_2

    The product with the Jacobian is exact. The remainder is 0 on an affine model, up to rounding, and all of the move
    where the model lets no gradient through.
    Source: Rozenberg et al. 2020 (MadNet), section 2, where the error is ignored, and section 6.
    Raises: ValueError for bad images, two batches of different shapes, anything but logits, another layer, and
    a derivative that is not finite; TypeError for features of a model that is no plain Classifier.
    """
    check_images(x)
    check_images(x_adv, "x_adv")
    check_model(model, x)
    if x.shape != x_adv.shape or x.dtype != x_adv.dtype:
        raise ValueError(f"x_adv must be as x, {x.dtype} {tuple(x.shape)}, got {x_adv.dtype} {tuple(x_adv.shape)}")
    of = function_of(model, layer)
    check_size(batch)

    def measured(both: Tensor) -> tuple[Tensor, ...]:
        clean, delta = both[:, 0].contiguous(), (both[:, 1] - both[:, 0]).contiguous()
        z, linear = _along(of, clean, delta)
        check_gradient(linear, f"the {layer}")
        if layer == "logits":
            check_logits(z)
        with torch.no_grad():
            moved = of(clean + delta) - z
        return tuple(v.flatten(1).square().sum(1).sqrt() for v in (delta, linear, moved, moved - linear))

    with evaluating(model), in_float32(x.device), torch.enable_grad():
        return TaylorRemainder(*in_parts(measured, torch.stack([x.detach(), x_adv.detach()], 1), batch))


def _along(of: Callable[[Images], Features], x: Images, delta: Images) -> tuple[Features, Features]:
    r"""F(x) and :math:`J \delta`, as the derivative of :math:`v^\top J \delta` with respect to v: two backwards."""
    x = x.requires_grad_(True)
    z = of(x)
    v = torch.zeros_like(z, requires_grad=True)
    (pulled,) = torch.autograd.grad(z, x, v, create_graph=True, allow_unused=True) if z.requires_grad else (None,)
    if pulled is None or not pulled.requires_grad:  # nothing of x reaches z
        return z.detach(), torch.zeros_like(z)
    return z.detach(), torch.autograd.grad(pulled, v, delta)[0]
