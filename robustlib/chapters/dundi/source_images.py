"""The networks that DunDi's adversarial images are made on, and how they are made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from robustlib.attacks import BIM, FGSM, JSMA, Relabel, random_class
from robustlib.describe import describe
from robustlib.experiments.adversarial_examples import AdversarialExamples, craft
from robustlib.experiments.attack_rows import attack_columns
from robustlib.experiments.results import runs_folder
from robustlib.interfaces import Attack
from robustlib.models import Classifier

Key = tuple[str, float | None]  # an attack's name, and its radius where it has one
CLEAN_CORRECT = "right on the source when clean"
FOOLED = "right on the source when clean, wrong when attacked"


@dataclass(frozen=True)
class Source:
    """The network the images are made on, and how: the settings of the code released with Feinman et al. 2017."""

    network: str  # its experiment
    eps: float  # L-infinity, pixel units of [0, 1]
    step: float  # of both iFGSM, 50 steps
    shares: tuple[float, ...] = (1 / 6, 1 / 3, 1 / 2, 2 / 3)  # of eps: smaller radii, as the paper prints none
    images: int = 1000
    saliency_images: int = 200

    def attacks(self, smaller: bool = False) -> dict[Key, Attack]:
        """The four of the paper; with `smaller` FGSM and iFGSM-b also at parts of the radius."""
        # JSMA: the released code gives its last image back where it failed.
        jsma = JSMA(theta=1.0, gamma=0.1, targeted=True, keep_last=True)
        stopped = BIM(self.eps, 50, self.step, stop_early=True, precision="fast")
        found: dict[Key, Attack] = {("JSMA", None): Relabel(jsma, random_class), ("iFGSM-a", self.eps): stopped}
        for part in (1.0, *self.shares) if smaller else (1.0,):
            eps = part * self.eps
            found |= {("iFGSM-b", eps): BIM(eps, 50, part * self.step, precision="fast"), ("FGSM", eps): FGSM(eps)}
        return found

    def made(self, model: Classifier, dataset: Any, attacks: Mapping[Key, Attack]) -> dict[Key, AdversarialExamples]:
        """The images of the source network; crafted once, and read again by every measurement that asks."""
        folder = runs_folder() / f"{self.network}-transfer-{describe(model)['state'][:8]}-{self.images}"
        found = {}
        for (name, eps), attack in attacks.items():
            images = dataset.test[: self.saliency_images if name == "JSMA" else self.images]
            found[name, eps] = craft(model, said(name, eps), attack, images, folder, batch=250)
        return found


def columns(name: str, attack: Attack) -> dict[str, Any]:
    """How the rows say one of them."""
    return {"attack": name, "norm": "L0", **attack_columns(attack)}


def said(name: str, eps: float | None) -> str:
    """An attack and its radius for the record: "FGSM 0.3", "JSMA"."""
    return name if eps is None else f"{name} {eps:g}"


# Released with Feinman et al. 2017: eps and step.
SOURCES = {
    "mnist": Source("dundi-mnist-feinman", 0.3, 0.01),
    "cifar10": Source("dundi-cifar10-feinman", 0.05, 0.005),
}
