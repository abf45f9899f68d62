"""MadNet's bound on the least distortion: how far an embedding has to move, over how fast it can."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from robustlib.door import check_batch, check_gradient, check_inputs, check_model, check_size
from robustlib.evaluation.layer import Layer, function_of, in_parts
from robustlib.gradient import clean_logits, evaluating, in_float32
from robustlib.interfaces import Features, Images, Labels, PerExample
from robustlib.jacobian import jacobian_norm
from robustlib.losses import margin


@dataclass(frozen=True, eq=False)
class DistortionBound:
    r"""The parts of MadNet's first-order bound, for each image.

    .. math:: \|\epsilon\|_2 \ge \frac{\eta(F)}{\|J_F(x)\|_F}, \qquad \eta(F) = \min_{c(x_1) \ne c(x_2)}
              \|F(x_1) - F(x_2)\|_2

    Source: Rozenberg et al. 2020 (MadNet), equations 2 and 3, which print arg min.
    """

    eta: PerExample  # how far the embedding is from the nearest of another class
    jacobian: PerExample  # the Frobenius norm of its Jacobian
    to_boundary: PerExample  # how far the logits are from the nearest that are not the label's, 0 if they are none
    layer: Layer  # of eta and the Jacobian

    @property
    def bound(self) -> PerExample:
        r"""Each image's own margin over its own Jacobian, L2 in pixel units; inf where only the Jacobian is 0."""
        return _over(self.eta, self.jacobian)

    @property
    def of_the_set(self) -> PerExample:
        r"""As printed: the least margin of all images over each one's Jacobian; never above `bound`."""
        return _over(self.eta.amin().expand_as(self.eta), self.jacobian)

    @property
    def of_the_decision(self) -> PerExample:
        r"""The margin that a misclassification needs over the Jacobian, both of the logits.

        .. math:: \frac{\max\left(0,\ f_y - \max_{j \ne y} f_j\right)}{\sqrt 2\, \|J_f(x)\|_F}

        A misclassified image need not be embedded where another class's images are: to cross the boundary on the way
        is enough. So this is below the least distortion of every affine model, where the other two can be above it.
        Raises: ValueError where the Jacobian is of the features.
        """
        if self.layer != "logits":
            raise ValueError('the boundary is known in the logits; ask for distortion_bound(..., layer="logits")')
        return _over(self.to_boundary, self.jacobian)


def distortion_bound(
    model: nn.Module,
    x: Images,
    y: Labels,
    among: tuple[Float[Tensor, "m c h w"], Int[Tensor, " m"]] | None = None,
    layer: Layer = "features",
    batch: int = 100,
) -> DistortionBound:
    """MadNet's bound at each image, in eval mode and full precision, from the exact Jacobian.

    The images of other classes are sought in `among`, or else in x itself. One backward for each output of the layer.
    Raises: ValueError for bad images, labels or logits, another layer, an image that has no image of another class,
    and a Jacobian that is not finite; TypeError for features of a model that is no plain Classifier.
    """
    check_inputs(model, x, y)
    of = function_of(model, layer)
    check_size(batch)
    logits = clean_logits(model, x, y)
    others, y_others = (x, y) if among is None else among
    check_batch(others, y_others, "among")
    check_model(model, others)
    lonely = [int(c) for c in y.unique() if not (y_others != c).any()]
    if lonely:
        raise ValueError(f"a margin needs images of two classes: class {lonely[0]} has no image of another")
    x = x.detach()
    with evaluating(model), in_float32(x.device), torch.enable_grad():
        z, norm = in_parts(lambda part: _norm(of, part.requires_grad_(True)), x, batch)
        check_gradient(norm[:, None], f"the {layer}")
    with evaluating(model), in_float32(x.device), torch.no_grad():
        theirs = z if among is None else torch.cat([of(part) for part in others.detach().split(batch)])
        apart = torch.cdist(z, theirs, compute_mode="donot_use_mm_for_euclid_dist")
        eta = apart.masked_fill(y[:, None] == y_others[None], torch.inf).amin(1) if len(x) else norm
    return DistortionBound(eta, norm, (-margin(logits, y)).clamp(min=0) / 2**0.5, layer)


def _norm(of: Callable[[Images], Features], x: Images) -> tuple[Features, PerExample]:
    z = of(x)
    return z.detach(), jacobian_norm(z, x)


def _over(margins: PerExample, norm: PerExample) -> PerExample:
    """The ratio; no margin is a bound of 0 also where nothing moves."""
    return torch.where(margins == 0, margins, margins / norm)
