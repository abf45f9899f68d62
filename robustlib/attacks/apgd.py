"""Auto-PGD: the step size follows from what the climb achieved, so that only eps and the number of steps are left."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Bool
from torch import Tensor, nn

from robustlib.attacks.adaptive_step import Climb, checkpoints
from robustlib.attacks.climb import is_broken
from robustlib.attacks.inputs import check_budget
from robustlib.attacks.onto_ball import onto_ball
from robustlib.attacks.wrappers import Restarts
from robustlib.door import check_inputs, check_logits, check_loss
from robustlib.geometry import Linf, Norm
from robustlib.gradient import evaluating, input_gradient, search_logits
from robustlib.interfaces import Images, Labels, Logits, Loss, PerExample
from robustlib.losses import cross_entropy
from robustlib.precision import Precision

# objective(logits, rows): what is climbed, for the examples still under attack, which are `rows` of the batch
Objective = Callable[[Logits, Tensor], PerExample]


@dataclass(frozen=True)
class APGD:
    r"""PGD with momentum whose step, at first 2 eps, is halved for each image that no longer gains.

    .. math:: z_{t+1} = \Pi_S\left(x_t + \eta_t\,\mathrm{sign}\,\nabla_x L(x_t, y)\right), \quad
              x_{t+1} = \Pi_S\left(x_t + \alpha (z_{t+1} - x_t) + (1 - \alpha)(x_t - x_{t-1})\right)

    At a checkpoint an image goes back to its best point with half the step if (1) fewer than rho of the steps since
    the last checkpoint raised its loss, or (2) neither its step nor its best loss changed at the last one and since.
    In the L2 ball the sign is replaced by the unit gradient. The result is the broken point of highest loss, or the
    point of highest loss where none was broken. A radius beyond the diameter of the box counts as that diameter: the
    ball in the box is the same, and no halving is spent on steps that only hit its faces.

    Source: Croce & Hein 2020 (AutoAttack), algorithm 1 with conditions 1 and 2. Kind: budget.
    Raises: ValueError unless eps >= 0, steps and restarts >= 1, rho and alpha in [0, 1]; when called, for bad images
    or labels, a loss that is not one value per image, and logits, losses or gradients that are NaN.
    """

    eps: float = 0.3  # radius, pixel units of [0, 1]
    steps: int = 100  # gradient evaluations, >= 1
    restarts: int = 1  # runs from new starts, each on the images still standing, >= 1
    norm: Norm = field(default_factory=Linf)
    loss: Loss = cross_entropy
    rho: float = 0.75  # condition 1: the share of steps that must raise the loss
    alpha: float = 0.75  # weight of the new direction against the last move; 1 is no momentum
    random_start: bool = True
    targeted: bool = False  # then y are the targets, and the loss is descended
    stop_early: bool = False  # leave an example at its first broken iterate: for evaluation, not for training
    precision: Precision = None  # of the search: "fast", torch.bfloat16; None is float32

    def __post_init__(self) -> None:
        check_budget(self.eps, None, self.steps)
        if self.restarts < 1:
            raise ValueError(f"APGD needs restarts >= 1, got {self.restarts}")
        for name in ("rho", "alpha"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share and must lie in [0, 1], got {getattr(self, name)}")

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        if self.restarts > 1:
            return Restarts(replace(self, restarts=1), self.restarts)(model, x, y)
        check_inputs(model, x, y)
        sign = -1.0 if self.targeted else 1.0
        return ascend(self, model, x, y, lambda logits, rows: sign * self.loss(logits, y[rows]))[0]


@torch.no_grad()
def ascend(
    attack: APGD, model: nn.Module, x: Images, y: Labels, objective: Objective
) -> tuple[Images, Bool[Tensor, " n"]]:
    """Raise the objective as algorithm 1 does. One forward gives a step its loss, its verdict and its gradient.

    A verdict of a reduced-precision search is confirmed in float32.
    Returns: the images, and which of them are broken.
    """
    x = x.detach()
    result, first = x.clone(), True
    if len(x) == 0:
        return result, torch.zeros(0, dtype=torch.bool, device=x.device)
    eps = min(attack.eps, attack.norm.size(torch.ones(1, *x.shape[1:])).item())
    project = onto_ball(attack.norm, eps)
    start = project(x + attack.norm.sample(x, eps), x) if attack.random_start else x
    low = torch.full((len(x),), -torch.inf, dtype=x.dtype, device=x.device)
    eta, rises = torch.full_like(low, 2 * eps), torch.zeros_like(low)
    rows, halved = torch.arange(len(x), device=x.device), torch.zeros_like(low, dtype=torch.bool)
    at = Climb(rows, x, y, start, start, start, x, x, low, low, low, low, eta, rises, halved)

    found: list[PerExample] = []  # the loss of the iterate at hand

    def scores(x_adv: Images) -> tuple[Logits, PerExample]:
        logits = search_logits(model, x_adv, attack.precision)
        if first:
            check_logits(logits, y)
        f = objective(logits, at.rows)
        check_loss(logits, f)
        found.append(f.detach())
        return logits, f

    checks = checkpoints(attack.steps)
    since = dict(zip(checks, [0, *checks], strict=False))
    with evaluating(model):
        for step in range(attack.steps + 1):
            if step:
                at.move(attack.norm, project, 1.0 if step == 1 else attack.alpha)  # the first has no last move
            if step < attack.steps:
                logits, at.g = input_gradient(scores, at.x_adv)
            else:
                logits, _ = scores(at.x_adv)
            first, f = False, found.pop()
            at.record(f)
            top = logits.argmax(1) == at.y if attack.targeted else logits.argmax(1) != at.y
            if not attack.stop_early:
                top = top & ~(f <= at.f_broken)
            if attack.precision is not None and top.any():
                top = top.index_put((top,), is_broken(model, at.x_adv[top], at.y[top], attack.targeted))
            result[at.rows[top]] = at.x_adv[top]
            at.f_broken = torch.where(top, f, at.f_broken)
            if attack.stop_early and top.any():
                at.keep(~top)
            if len(at.rows) == 0:
                break
            if step in since:
                at.reconsider(attack.rho * (step - since[step]))
        unbroken = at.f_broken == -torch.inf
        result[at.rows[unbroken]] = at.x_best[unbroken]
        broken = torch.ones_like(y, dtype=torch.bool).index_put((at.rows,), ~unbroken)
    return result, broken
