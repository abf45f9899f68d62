"""Cross-entropy beside the size of the Jacobian: how far the logits move when the image moves."""

from dataclasses import dataclass

from torch import nn

from robustlib.interfaces import Images, Labels, Terms
from robustlib.jacobian import projected_jacobian_norm
from robustlib.losses import cross_entropy


@dataclass(frozen=True)
class JacobianRegularisation:
    r"""Cross-entropy, and the mean square of the Frobenius norm of the Jacobian of the logits f at each image.

    .. math:: \frac1n \sum_i L_{CE}(x_i, y_i) + \frac{\lambda}{2}\, \frac1n \sum_i \|J(x_i)\|_F^2, \qquad
              J(x_i) = \frac{\partial f(x_i)}{\partial x_i}

    The square is estimated from `projections` random directions of the logits, one backward pass each, which is
    unbiased; training takes a backward pass through them. J is per pixel unit of [0, 1], before `Normalize`: where the
    paper's images are scaled, the same lambda weighs another square.

    Source: Hoffman et al. 2019 (Robust learning with Jacobian regularization), the joint loss and its estimate by
    projections; the released code has lambda 0.01 and one projection in its example.
    Raises: ValueError unless weight >= 0 and finite and projections >= 1.
    """

    weight: float = 0.01  # lambda
    projections: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.weight < float("inf") or self.projections < 1:
            found = f"weight={self.weight}, projections={self.projections}"
            raise ValueError(f"JacobianRegularisation needs a finite weight >= 0 and projections >= 1, got {found}")

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Terms:
        x = x.detach().requires_grad_(True)
        logits = model(x).float()
        square = projected_jacobian_norm(logits, x, self.projections, squared=True, create_graph=True)
        return {"ce": cross_entropy(logits, y).mean(), "jacobian": self.weight / 2 * square.mean()}
