"""Transfer: the attack is computed on another model, and its result handed to the target as it is."""

from dataclasses import dataclass

from torch import nn

from robustlib.door import check_inputs
from robustlib.interfaces import Attack, Images, Labels


@dataclass(frozen=True)
class Transfer:
    r"""An attack on a source model, whatever model it is then aimed at.

    .. math:: \tilde x = \mathrm{attack}(f_{source}, x, y)

    The target is asked nothing: this is the attacker without access. With a source distilled from the target's answers
    (`robustlib.training.distil`) it is the attacker who may only ask. A minimum-norm attack crosses the source's
    boundary and no more; give it a `kappa`, or use a budget attack, where the target should be crossed too.

    Source: Szegedy et al. 2014, section 4.2; Papernot et al. 2017 (Practical black-box attacks), section 4.
    Kind: that of the attack. Raises: when called, ValueError for images or labels that do not fit the source.
    """

    source: nn.Module  # where the gradients come from
    attack: Attack

    @property
    def targeted(self) -> bool:
        """Whether y are targets."""
        return bool(getattr(self.attack, "targeted", False))

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        check_inputs(model, x, y)
        return self.attack(self.source, x, y)
