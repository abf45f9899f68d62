"""How far an attack is from success with a given confidence: what Carlini and Wagner minimise."""

from jaxtyping import Bool
from torch import Tensor

from robustlib.interfaces import Labels, Logits, PerExample
from robustlib.losses.margin import margin


def shortfall(logits: Logits, y: Labels, kappa: float = 0.0, targeted: bool = False) -> PerExample:
    r"""What is missing until a wrong class beats the label by kappa; targeted, until y beats every other class by it.

    .. math:: \max\left(f_y - \max_{j \ne y} f_j + \kappa,\ 0\right), \qquad
              \text{targeted: } \max\left(\max_{j \ne y} f_j - f_y + \kappa,\ 0\right)

    Source: Carlini & Wagner 2017 (Towards evaluating), section V-A (f_6) with the confidence of section VIII-D, plus
    kappa, so that it ends at 0. MadNet's appendix D prints both signs reversed. Range: [0, inf), in logits; a constant
    added to all logits changes nothing. Its gradient is zero where it is zero.
    """
    lead = -margin(logits, y) if targeted else margin(logits, y)
    return (kappa - lead).relu()


def reached(logits: Logits, y: Labels, kappa: float = 0.0, targeted: bool = False) -> Bool[Tensor, " n"]:
    """Whether the prediction is wrong (targeted: is y), with nothing missing. A tie in the label's favour is not."""
    return ((logits.argmax(1) == y) == targeted) & (shortfall(logits, y, kappa, targeted) == 0)
