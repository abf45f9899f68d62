"""Projected gradient descent, the work-horse of evaluation and of adversarial training."""

from dataclasses import dataclass, field

from torch import nn

from robustlib.attacks.climb import Rows, climb
from robustlib.attacks.inputs import check_budget
from robustlib.attacks.onto_ball import onto_ball
from robustlib.geometry import Linf, Norm
from robustlib.interfaces import Images, Labels, Loss
from robustlib.losses import cross_entropy
from robustlib.precision import Precision


@dataclass(frozen=True)
class PGD:
    r"""Climb the loss, return to the ball, repeat; from a random point of the ball.

    .. math:: x_{t+1} = \Pi_{B_\epsilon(x) \cap [0,1]}\left(x_t + \alpha\,\mathrm{sign}\,\nabla_x L(x_t, y)\right),
              \quad x_0 \sim U(B_\epsilon(x))

    In the L2 ball the sign is replaced by the unit gradient, and the start has a uniform radius (see `geometry.L2`).

    Source: Madry et al. 2018, section 2.1; Fostiropoulos et al. 2020, section 2.2.2, whose printed clip never acts.
    Kind: budget. Raises: ValueError unless eps >= 0, alpha > 0, steps >= 1; when called, for bad images or labels.
    """

    eps: float = 0.3  # radius, pixel units of [0, 1]
    steps: int = 40  # gradient evaluations, >= 1
    alpha: float | None = None  # step, pixel units; None: 2.5 * eps / steps
    random_start: bool = True
    norm: Norm = field(default_factory=Linf)
    loss: Loss = cross_entropy
    targeted: bool = False  # then y are the targets, and the loss is descended
    stop_early: bool = False  # leave an example at its first broken iterate: for evaluation, not for training
    precision: Precision = None  # of the search: "fast", torch.bfloat16; None is float32

    def __post_init__(self) -> None:
        check_budget(self.eps, self.alpha, self.steps)

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        alpha = self.alpha if self.alpha is not None else 2.5 * self.eps / self.steps
        project = onto_ball(self.norm, self.eps)

        def start(x: Images) -> Images:
            return project(x + self.norm.start(x, self.eps), x) if self.random_start else x

        def step(x_adv: Images, x: Images, g: Images, rows: Rows) -> Images:
            return project(x_adv.add(self.norm.steepest(g), alpha=alpha), x)

        return climb(self, model, x, y, step, start)
