"""How accurate a plain network is: what every other number of it is read against."""

from dataclasses import dataclass
from typing import Any

from robustlib.attacks import FGSM, Noise
from robustlib.evaluation import under_attack
from robustlib.experiments.experiment import Measured
from robustlib.interfaces import Attack
from robustlib.models import Classifier


@dataclass(frozen=True)
class CleanError:
    """Clean accuracy on all test images, and on the first n noise and FGSM of one size."""

    eps: float  # L-infinity, pixel units of [0, 1]

    def __call__(self, model: Classifier, dataset: Any, n: int) -> Measured:
        attacks: dict[str, Attack] = {"noise": Noise(self.eps), "FGSM": FGSM(self.eps)}
        found = dict(under_attack(model, attacks, dataset.test[:n], progress=True))
        return Measured(found | under_attack(model, {}, dataset.test), {}, attacks)
