"""The momentum iterative method, MI-FGSM."""

from dataclasses import dataclass, field

import torch
from torch import nn

from robustlib.attacks.climb import Rows, climb
from robustlib.attacks.inputs import check_budget
from robustlib.attacks.onto_ball import onto_ball
from robustlib.geometry import Linf, Norm, per_example
from robustlib.interfaces import Images, Labels, Loss
from robustlib.losses import cross_entropy
from robustlib.precision import Precision


@dataclass(frozen=True)
class MIM:
    r"""BIM whose direction is a running sum of the past gradients, each scaled to unit L1 norm.

    .. math:: g_{t+1} = \mu\, g_t + \frac{\nabla_x L(x_t, y)}{\|\nabla_x L(x_t, y)\|_1}, \quad
              x_{t+1} = \Pi_{B_\epsilon(x) \cap [0,1]}\left(x_t + \alpha\,\mathrm{sign}\,g_{t+1}\right), \quad x_0 = x

    Source: Dong et al. 2018 (MI-FGSM); Fostiropoulos et al. 2020, section 2.2.4, where mu is not given.
    Kind: budget. Raises: ValueError unless eps >= 0, alpha > 0, steps >= 1, mu >= 0; when called, for bad images or
    labels.
    """

    eps: float = 0.3  # radius, pixel units of [0, 1]
    steps: int = 10  # gradient evaluations, >= 1
    alpha: float | None = None  # step, pixel units; None: eps / steps
    mu: float = 1.0  # decay of the momentum, >= 0; 0 is BIM
    norm: Norm = field(default_factory=Linf)
    loss: Loss = cross_entropy
    targeted: bool = False  # then y are the targets, and the loss is descended
    stop_early: bool = False
    precision: Precision = None  # of the search: "fast", torch.bfloat16; None is float32

    def __post_init__(self) -> None:
        check_budget(self.eps, self.alpha, self.steps)
        if not 0 <= self.mu < float("inf"):
            raise ValueError(f"the decay mu must be >= 0, got {self.mu}")

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        alpha = self.alpha if self.alpha is not None else self.eps / self.steps
        project = onto_ball(self.norm, self.eps)
        momentum: Images

        def start(x: Images) -> Images:
            nonlocal momentum
            momentum = torch.zeros_like(x)
            return x

        def step(x_adv: Images, x: Images, g: Images, rows: Rows) -> Images:
            unit = g / per_example(g.abs().flatten(1).sum(1).clamp(min=torch.finfo(g.dtype).tiny), g)
            momentum[rows] = unit = unit.add_(momentum[rows], alpha=self.mu)
            return project(x_adv.add(self.norm.steepest(unit), alpha=alpha), x)

        return climb(self, model, x, y, step, start)
