"""TRADES (Zhang et al. 2019): cross-entropy on clean images, and how far the answer can be carried from there."""

from dataclasses import dataclass, fields, is_dataclass, replace

from torch import nn

from robustlib.geometry import Linf, draw
from robustlib.gradient import clean_logits
from robustlib.interfaces import Attack, Images, Labels, Logits, PerExample, Terms
from robustlib.losses import cross_entropy


@dataclass(frozen=True)
class NearCentre(Linf):
    """The cube, with a climb's start beside its centre: at the clean image itself the divergence has no gradient."""

    deviation: float = 0.001  # of the Gaussian numbers that are added to each pixel

    def start(self, x: Images, eps: float) -> Images:
        return draw(tuple(x.shape), x, "normal").mul_(self.deviation)


@dataclass(frozen=True)
class TRADES:
    r"""Cross-entropy on the clean images, plus beta times the largest divergence that the attack finds.

    .. math:: L_{CE}(x, y) + \beta \max_{x' \in B_\epsilon(x)} KL\left(f(x)\,\|\,f(x')\right), \qquad \beta = 1/\lambda

    The attack's own loss is not used: at each call it climbs the divergence from what the model, in eval mode, says of
    this batch. Gradients reach the weights through both answers.

    Source: Zhang et al. 2019, the objective for many classes, and algorithm 1; beta is 6 for CIFAR-10 and 1 for MNIST
    in its released code, whose attack starts as `NearCentre` does.
    Raises: ValueError unless 0 <= beta < inf, and for an attack that has no field `loss`, stops early or is targeted.
    """

    attack: Attack
    beta: float = 6.0

    def __post_init__(self) -> None:
        if not 0 <= self.beta < float("inf"):
            raise ValueError(f"the weight beta of the divergence must be >= 0 and finite, got {self.beta}")
        if not is_dataclass(self.attack) or "loss" not in {field.name for field in fields(self.attack)}:
            name = type(self.attack).__name__
            raise ValueError(f"{name} has no field `loss` to climb the divergence with; give TRADES a PGD, BIM or MIM")
        for wrong in ("stop_early", "targeted"):
            if getattr(self.attack, wrong, False):
                raise ValueError(f"the attack inside TRADES climbs to its last step, got {wrong}=True; leave it False")

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Terms:
        answer = clean_logits(model, x, y)
        climber = replace(self.attack, loss=lambda logits, _: divergence(answer, logits))  # type: ignore[type-var]
        x_adv = climber(model, x, y)
        clean, attacked = model(x).float(), model(x_adv).float()
        return {"clean": cross_entropy(clean, y).mean(), "divergence": self.beta * divergence(clean, attacked).mean()}


def divergence(of: Logits, to: Logits) -> PerExample:
    r"""How much of the first answer is lost by the second: :math:`KL(p \| q) = \sum_j p_j (\log p_j - \log q_j)`.

    By logarithms, which stay finite where a probability is zero in float32.
    """
    log_p, log_q = of.log_softmax(1), to.log_softmax(1)
    return (log_p.exp() * (log_p - log_q)).sum(1)
