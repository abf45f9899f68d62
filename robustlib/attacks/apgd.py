"""Auto-PGD: the step size follows from what the climb achieved, so that only eps and the number of steps are left."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace

import torch
from torch import Tensor, nn

from robustlib.attacks.climb import is_broken
from robustlib.attacks.inputs import check_budget, check_inputs
from robustlib.attacks.wrappers import Restarts
from robustlib.geometry import Linf, Norm, per_example
from robustlib.gradient import evaluating, input_gradient, search_logits
from robustlib.interfaces import Images, Labels, Logits, Loss, PerExample
from robustlib.losses import cross_entropy

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
    point of highest loss where none was broken.

    Source: Croce & Hein 2020 (AutoAttack), algorithm 1 with conditions 1 and 2. Kind: budget.
    Raises: ValueError unless eps >= 0, steps and restarts >= 1, rho and alpha in [0, 1]; when called, for bad images
    or labels.
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
    precision: torch.dtype | None = None  # e.g. torch.bfloat16 for the search

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
        sign = -1.0 if self.targeted else 1.0
        return ascend(self, model, x, y, lambda logits, rows: sign * self.loss(logits, y[rows]))


def checkpoints(steps: int) -> list[int]:
    r"""The iterations at which the step is reconsidered, rising from 0, in ever shorter phases.

    .. math:: w_j = \lceil p_j N \rceil, \quad p_0 = 0,\; p_1 = 0.22,\; p_{j+1} = p_j + \max(p_j - p_{j-1} - 0.03, 0.06)

    Source: Croce & Hein 2020 (AutoAttack), section 3.1.
    """
    percent, phase, found = 0, 22, {0}  # in whole per cent: in floating point 0.22 + 0.19 is above 0.41
    while percent + phase <= 100:
        percent += phase
        found.add(-(-percent * steps // 100))
        phase = max(phase - 3, 6)
    return sorted(found)


@dataclass
class _Climb:
    """Where each image under attack stands; all tensors have the same first axis."""

    rows: Tensor  # places in the batch
    x: Images
    y: Labels
    x_adv: Images
    x_last: Images  # one iterate before
    x_best: Images
    g: Images
    g_best: Images
    f: PerExample
    f_best: PerExample
    f_broken: PerExample  # the highest loss of a broken point; -inf where there is none
    f_before: PerExample  # the best loss at the last checkpoint
    eta: PerExample  # the step
    rises: PerExample  # how many steps since the last checkpoint raised the loss
    halved: Tensor  # whether the last checkpoint halved the step

    def keep(self, left: Tensor) -> None:
        """Drop the images that are not left."""
        for slot in fields(self):
            setattr(self, slot.name, getattr(self, slot.name)[left])

    def move(self, attack: APGD, first: bool) -> None:
        """One step along the gradient and, after the first, along the last move."""
        norm, eps = attack.norm, attack.eps
        delta = norm.project(self.x_adv + per_example(self.eta, self.g) * norm.steepest(self.g), self.x, eps)
        delta = delta.sub_(self.x_adv)
        if not first:
            delta = delta.mul_(attack.alpha).add_(self.x_adv - self.x_last, alpha=1 - attack.alpha)
        self.x_last, self.x_adv = self.x_adv, norm.project(self.x_adv + delta, self.x, eps)

    def record(self, f: PerExample) -> None:
        """Note the loss of the new iterates, and which are the best so far."""
        self.rises = self.rises + (f > self.f)
        better = f > self.f_best
        self.f, self.f_best = f, torch.where(better, f, self.f_best)
        wide = per_example(better, self.x)
        self.x_best, self.g_best = torch.where(wide, self.x_adv, self.x_best), torch.where(wide, self.g, self.g_best)

    def reconsider(self, needed: float) -> None:
        """Halve the step and go back to the best point where condition 1 or 2 says so; never at iteration 0."""
        self.halved = (self.rises < needed) | (~self.halved & (self.f_best == self.f_before))
        wide = per_example(self.halved, self.x)
        self.eta = torch.where(self.halved, self.eta / 2, self.eta)
        self.f, self.f_before = torch.where(self.halved, self.f_best, self.f), self.f_best
        self.x_adv, self.g = torch.where(wide, self.x_best, self.x_adv), torch.where(wide, self.g_best, self.g)
        self.rises = torch.zeros_like(self.rises)


@torch.no_grad()
def ascend(attack: APGD, model: nn.Module, x: Images, y: Labels, objective: Objective) -> Images:
    """Raise the objective as algorithm 1 does. One forward gives a step its loss, its verdict and its gradient.

    With `stop_early` a verdict of a reduced-precision search is confirmed in float32.
    """
    check_inputs(model, x, y)
    x = x.detach()
    result = x.clone()
    if len(x) == 0:
        return result
    start = attack.norm.project(x + attack.norm.sample(x, attack.eps), x, attack.eps) if attack.random_start else x
    low = torch.full((len(x),), -torch.inf, dtype=x.dtype, device=x.device)
    eta, rises = torch.full_like(low, 2 * attack.eps), torch.zeros_like(low)
    rows, halved = torch.arange(len(x), device=x.device), torch.zeros_like(low, dtype=torch.bool)
    at = _Climb(rows, x, y, start, start, start, x, x, low, low, low, low, eta, rises, halved)

    def scores(x_adv: Images) -> tuple[Logits, PerExample]:
        logits = search_logits(model, x_adv, attack.precision)
        return logits, objective(logits, at.rows)

    checks = checkpoints(attack.steps)
    since = dict(zip(checks, [0, *checks], strict=False))
    with evaluating(model):
        for step in range(attack.steps + 1):
            if step:
                at.move(attack, first=step == 1)
            if step < attack.steps:
                logits, at.g = input_gradient(scores, at.x_adv)
                f = objective(logits, at.rows)
            else:
                logits, f = scores(at.x_adv)
            at.record(f)
            broken = (logits.argmax(1) == at.y) == attack.targeted
            if attack.stop_early and attack.precision is not None and broken.any():
                broken[broken.clone()] = is_broken(model, at.x_adv[broken], at.y[broken], attack.targeted)
            top = broken if attack.stop_early else broken & ~(f <= at.f_broken)
            result[at.rows[top]] = at.x_adv[top]
            at.f_broken = torch.where(top, f, at.f_broken)
            if attack.stop_early and broken.any():
                at.keep(~broken)
            if len(at.rows) == 0:
                break
            if step in since:
                at.reconsider(attack.rho * (step - since[step]))
        unbroken = at.f_broken == -torch.inf
        result[at.rows[unbroken]] = at.x_best[unbroken]
    return result
