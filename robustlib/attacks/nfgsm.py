"""N-FGSM: one step from a noisy image, for training at the price of two passes."""

from dataclasses import dataclass

from torch import nn

from robustlib.attacks.climb import Rows, climb
from robustlib.attacks.inputs import check_budget
from robustlib.geometry import Linf
from robustlib.interfaces import Images, Labels, Loss
from robustlib.losses import cross_entropy
from robustlib.precision import Precision


@dataclass(frozen=True)
class NFGSM:
    r"""One step along the sign of the gradient at a noisy image, which is not taken back to the ball of radius eps.

    .. math:: \tilde x = \mathrm{clip}_{[0,1]}\left(x' + \alpha\,\mathrm{sign}\,\nabla_{x'} L(x', y)\right), \qquad
              x' = \mathrm{clip}_{[0,1]}(x + \eta), \quad \eta \sim U[-k \epsilon, k \epsilon]

    `AdversarialTraining(NFGSM(8 / 255), 1.0)` is the cheap baseline: two forward and two backward passes a step, all
    told. It trains for the cube of radius eps and leaves it: the result lies within `radius`. To judge a model take
    another attack.

    Source: de Jorge et al. 2022 (Make Some Noise), section 4, and its released code; k = 2 and alpha = eps there. The
    gradient there is taken in train mode. Kind: budget, of the size `radius`.
    Raises: ValueError unless eps >= 0, alpha > 0 and k >= 0; when called, for bad images or labels.
    """

    eps: float = 8 / 255  # the radius trained for, pixel units of [0, 1]
    alpha: float | None = None  # step, pixel units; None: eps
    k: float = 2.0  # noise in units of eps, >= 0; 0 is FGSM
    loss: Loss = cross_entropy
    precision: Precision = None  # of the gradient: "fast", torch.bfloat16; None is float32

    steps = 1
    targeted = False
    stop_early = False
    norm = Linf()

    def __post_init__(self) -> None:
        check_budget(self.eps, self.alpha, 1)
        if not 0 <= self.k < float("inf"):
            raise ValueError(f"the noise k, in units of eps, must be >= 0 and finite, got {self.k}")

    @property
    def radius(self) -> float:
        """How far a pixel may move, k * eps + alpha."""
        return self.k * self.eps + self._step

    @property
    def _step(self) -> float:
        return self.eps if self.alpha is None else self.alpha

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        def start(x: Images) -> Images:
            return (x + self.norm.sample(x, self.k * self.eps)).clamp_(0, 1)

        def step(x_adv: Images, x: Images, g: Images, rows: Rows) -> Images:
            return x_adv.add(self.norm.steepest(g), alpha=self._step).clamp_(0, 1)

        return climb(self, model, x, y, step, start)
