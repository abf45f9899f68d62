"""A cap on every pixel's change, laid over an attack that knows nothing of it: MadNet's Carlini-Wagner rows."""

from dataclasses import dataclass
from typing import Literal, get_args

from torch import nn

from robustlib.attacks.inputs import check_budget
from robustlib.door import check_inputs
from robustlib.geometry import Linf
from robustlib.interfaces import Attack, Images, Labels

Reading = Literal["clip", "off", "reject"]


@dataclass(frozen=True)
class Capped:
    r"""An attack under a "maximal :math:`L_\infty` perturbation" of eps, in one of three readings.

    The paper lays the cap (0.3 on MNIST, 0.03 on CIFAR) over an L2 attack and does not say how:

    - `"clip"`: the finished example is clipped to the cube of radius eps. It is then seldom adversarial still: the
      survival this shows is the cap's, not the network's. The likely source of 92.5 % (MadNet's table 1, c = 10).
    - `"off"`: no cap. The paper's own check without it: 67.2 % on the same row (section 5.3).
    - `"reject"`: the example is left alone, and counts as a failure (the clean image) where it is outside the cube:
      the distortion is judged, not changed. For an attack with binary search, whose distortion means something.

    Source: Rozenberg et al. 2020 (MadNet), sections 5.1 and 5.3, tables 1 and 2. An attack that searches inside the
    cube is `CarliniWagnerLinf`. Kind: budget ("off": that of the attack). Raises: ValueError unless eps >= 0 and `how`
    is one of the three; when called, for bad images or labels.
    """

    attack: Attack
    eps: float = 0.3  # the cap, pixel units of [0, 1]
    how: Reading = "clip"

    norm = Linf()

    def __post_init__(self) -> None:
        check_budget(self.eps, None, 1)
        if self.how not in get_args(Reading):
            raise ValueError(f"how is one of {', '.join(get_args(Reading))}, got {self.how!r}")

    @property
    def targeted(self) -> bool:
        """Whether y are targets for the attack."""
        return bool(getattr(self.attack, "targeted", False))

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        check_inputs(model, x, y)
        x_adv = self.attack(model, x, y)
        if self.how == "off":
            return x_adv
        x_adv = x_adv.detach().clone()
        if self.how == "clip":
            return self.norm.project(x_adv, x.detach(), self.eps)
        outside = self.norm.size(x_adv - x) > self.eps + 1e-6
        x_adv[outside] = x.detach()[outside]
        return x_adv
