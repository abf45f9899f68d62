"""Random noise: the floor under every attack. What noise breaks needed no gradient to be broken."""

from dataclasses import dataclass, field

from torch import nn

from robustlib.attacks.inputs import check_budget
from robustlib.door import check_inputs
from robustlib.geometry import Linf, Norm
from robustlib.gradient import clean_logits
from robustlib.interfaces import Images, Labels


@dataclass(frozen=True)
class Noise:
    r"""One random point of the ball: :math:`\tilde x = \mathrm{clip}_{[0,1]}(x + \delta),\ \delta \sim U(B_\epsilon)`.

    Source: none; the health check 8 of this book. Kind: budget. Raises: ValueError unless eps >= 0.
    """

    eps: float = 0.3  # radius, pixel units of [0, 1]
    norm: Norm = field(default_factory=Linf)

    def __post_init__(self) -> None:
        check_budget(self.eps, None, 1)

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        check_inputs(model, x, y)
        x = x.detach()
        if len(x):
            clean_logits(model, x, y)  # it asks for nothing, but a model that answers nonsense is told so
        return self.norm.project(x + self.norm.sample(x, self.eps), x, self.eps)
