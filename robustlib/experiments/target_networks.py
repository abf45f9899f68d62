"""Networks of no paper: plain targets on which the attacks are compared with those of other libraries."""

from dataclasses import dataclass
from typing import Any

from robustlib.attacks import FGSM, PGD, Noise
from robustlib.datasets import Augment, Batches
from robustlib.evaluation import under_attack
from robustlib.experiments.experiment import Experiment, Measured
from robustlib.interfaces import Attack
from robustlib.models import resnet
from robustlib.models.classifier import Classifier
from robustlib.objectives import CrossEntropy
from robustlib.training import SGD, OneCycle


@dataclass(frozen=True)
class Quick:
    """Noise, FGSM and PGD at two radii: enough to see that a target is neither broken nor robust."""

    radii: tuple[float, ...] = (1 / 255, 2 / 255)  # L-infinity, pixel units of [0, 1]

    def __call__(self, model: Classifier, dataset: Any, n: int) -> Measured:
        attacks: dict[str, Attack] = {}
        for eps in self.radii:
            of = f"{255 * eps:.0f}/255"
            attacks |= {f"noise {of}": Noise(eps), f"FGSM {of}": FGSM(eps), f"PGD {of}": PGD(eps, 20, stop_early=True)}
        return Measured(under_attack(model, attacks, dataset.test[:n], progress=True), {}, attacks)


def resnet20() -> Classifier:
    """ResNet-20 for 32 x 32 colour images."""
    return resnet(20)


RUNS = [
    Experiment(
        name="target-cifar-resnet20", paper="none", row="ResNet-20, cross-entropy", dataset="cifar10", model=resnet20,
        sampler=Batches(128, augment=Augment()), objective=CrossEntropy(), optimizer=SGD(0.2, weight_decay=5e-4),
        epochs=6, schedule=OneCycle(), evaluate=Quick(), shipped=True, worth=2.0,
    ),
]  # fmt: skip
