"""The basic iterative method, also called I-FGSM."""

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
class BIM:
    r"""Small steps along the sign of the gradient, from the clean image, clipped to the ball after each.

    .. math:: x_{t+1} = \Pi_{B_\epsilon(x) \cap [0,1]}\left(x_t + \alpha\,\mathrm{sign}\,\nabla_x L(x_t, y)\right),
    \quad x_0 = x

    With `stop_early=True` this is iFGSM-a (the first misclassified iterate), without it iFGSM-b.

    Source: Kurakin et al. 2017, equation 2; Fostiropoulos et al. 2020, section 2.2.3, where the step is printed as
    eps / i. Kind: budget. Raises: ValueError unless eps >= 0, alpha > 0, steps >= 1; when called, for bad images or
    labels.
    """

    eps: float = 0.3  # radius, pixel units of [0, 1]
    steps: int = 10  # gradient evaluations, >= 1
    alpha: float | None = None  # step, pixel units; None: eps / steps
    norm: Norm = field(default_factory=Linf)
    loss: Loss = cross_entropy
    targeted: bool = False  # then y are the targets, and the loss is descended
    stop_early: bool = False
    precision: Precision = None  # of the search: "fast", torch.bfloat16; None is float32

    def __post_init__(self) -> None:
        check_budget(self.eps, self.alpha, self.steps)

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        alpha = self.alpha if self.alpha is not None else self.eps / self.steps
        project = onto_ball(self.norm, self.eps)

        def step(x_adv: Images, x: Images, g: Images, rows: Rows) -> Images:
            return project(x_adv.add(self.norm.steepest(g), alpha=alpha), x)

        return climb(self, model, x, y, step)
