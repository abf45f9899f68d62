"""The iterative least-likely class method; with one step LL."""

from dataclasses import dataclass, field

from torch import nn

from robustlib.attacks.bim import BIM
from robustlib.attacks.inputs import check_budget
from robustlib.attacks.relabel import Relabel, least_likely
from robustlib.geometry import Linf, Norm
from robustlib.interfaces import Images, Labels, Loss
from robustlib.losses import cross_entropy
from robustlib.precision import Precision


@dataclass(frozen=True)
class ILCM:
    r"""BIM towards the wrong class that the model holds least likely for the clean image.

    .. math:: x_{t+1} = \Pi_{B_\epsilon(x) \cap [0,1]}\left(x_t - \alpha\,\mathrm{sign}\,\nabla_x L(x_t, y_{LL})\right),
              \quad y_{LL} = \mathrm{arg\,min}_j\, f_j(x), \quad x_0 = x

    `steps=1` is LL, one step of length eps. The same as `Relabel(BIM(..., targeted=True), least_likely)`.

    Source: Kurakin et al. 2017 (Adversarial examples in the physical world), section 2.3; Pang et al. 2018 with ten
    steps of eps / 10, whose code descends towards +0.5 and -0.5 instead of a one-hot label. Kind: budget.
    Raises: ValueError unless eps >= 0, alpha > 0, steps >= 1; when called, for bad images or labels.
    """

    eps: float = 0.3  # radius, pixel units of [0, 1]
    steps: int = 10  # gradient evaluations, >= 1
    alpha: float | None = None  # step, pixel units; None: eps / steps
    norm: Norm = field(default_factory=Linf)
    loss: Loss = cross_entropy  # descended
    stop_early: bool = False  # leave an example at its first iterate that is taken for the least likely class
    precision: Precision = None  # of the search: "fast", torch.bfloat16; None is float32

    def __post_init__(self) -> None:
        check_budget(self.eps, self.alpha, self.steps)

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        bim = BIM(
            eps=self.eps,
            steps=self.steps,
            alpha=self.alpha,
            norm=self.norm,
            loss=self.loss,
            targeted=True,
            stop_early=self.stop_early,
            precision=self.precision,
        )
        return Relabel(bim, least_likely)(model, x, y)
