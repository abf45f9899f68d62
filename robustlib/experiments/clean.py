"""How accurate a plain network is: what every other number of it is read against."""

from dataclasses import dataclass

from robustlib.attacks import FGSM, Noise
from robustlib.evaluation import under_attack
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.rows import accuracy_row
from robustlib.interfaces import Attack


@dataclass(frozen=True)
class CleanAccuracy:
    """Clean accuracy on all test images, and on the first n noise and FGSM of one size."""

    eps: float  # L-infinity, pixel units of [0, 1]

    def __call__(self, on: Subject) -> Findings:
        attacks: dict[str, Attack] = {"noise": Noise(self.eps), "FGSM": FGSM(self.eps)}
        found = under_attack(on.model, attacks, on.dataset.test[: on.n], seed=on.seed, progress=True)
        rows = [accuracy_row(under_attack(on.model, {}, on.dataset.test, seed=on.seed)["clean"])]
        rows += [accuracy_row(found[name], attack=name, norm="Linf", eps=self.eps) for name in attacks]
        return Findings(rows, {f"{name} {self.eps:g}": attack for name, attack in attacks.items()})
