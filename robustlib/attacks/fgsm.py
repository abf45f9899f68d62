"""The fast gradient sign method."""

from dataclasses import dataclass, field

from torch import nn

from robustlib.attacks.climb import Rows, climb
from robustlib.attacks.inputs import check_budget
from robustlib.geometry import Linf, Norm
from robustlib.interfaces import Images, Labels, Loss
from robustlib.losses import cross_entropy
from robustlib.precision import Precision


@dataclass(frozen=True)
class FGSM:
    r"""One step of length eps along the sign of the gradient.

    .. math:: \tilde x = \mathrm{clip}_{[0,1]}\left(x + \epsilon\,\mathrm{sign}\,\nabla_x L(x, y)\right)

    Source: Goodfellow et al. 2015, section 4; Fostiropoulos et al. 2020, section 2.2.1. Kind: budget.
    Raises: ValueError unless eps >= 0; when called, for images outside [0, 1], NaN, wrong shapes or labels.
    """

    eps: float = 0.3  # radius, pixel units of [0, 1]
    norm: Norm = field(default_factory=Linf)
    loss: Loss = cross_entropy
    targeted: bool = False  # then y are the targets, and the loss is descended
    precision: Precision = None  # of the search: "fast", torch.bfloat16; None is float32

    steps = 1
    stop_early = False

    def __post_init__(self) -> None:
        check_budget(self.eps, None, 1)

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        def step(x_adv: Images, x: Images, g: Images, rows: Rows) -> Images:
            return x_adv.add(self.norm.steepest(g), alpha=self.eps).clamp_(0, 1)  # of length eps: inside the ball

        return climb(self, model, x, y, step)
