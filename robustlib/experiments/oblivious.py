"""Attackers who do not know of the detector (Pang et al. 2018, section 4.3): table 2 and figures 2a, 2b."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robustlib.attacks import (
    BIM,
    FGSM,
    ILCM,
    JSMA,
    CarliniWagner,
    Noise,
    Relabel,
    least_likely,
    predicted,
    random_class,
)
from robustlib.experiments.experiment import Measured
from robustlib.experiments.judged import judged
from robustlib.interfaces import Attack
from robustlib.models.classifier import Classifier

SURE = 0.99  # the softmax confidence that "C&W sure" asks of an adversarial image


def gradient_attacks(eps: float) -> dict[str, Attack]:
    """The three sign attacks as released: ten steps of eps / 10, away from the predicted or towards a class."""
    return {
        "FGSM": Relabel(FGSM(eps), predicted),
        "BIM": Relabel(BIM(eps, steps=10, precision="fast"), predicted),
        "ILCM": ILCM(eps, steps=10, precision="fast"),
    }


def saliency(eps: float) -> Attack:
    """JSMA as released: one pixel a step, 100 steps of eps, towards the least likely class; its last image."""
    jsma = JSMA(theta=eps, pixels=1, steps=100, targeted=True, softmax=True, room=False, keep_last=True)
    return Relabel(jsma, least_likely)


def sure(classes: int, confidence: float = SURE) -> float:
    r"""The kappa that guarantees a softmax confidence: :math:`\kappa = \log\frac{(L - 1)\, p}{1 - p}`."""
    return math.log((classes - 1) * confidence / (1 - confidence))


@dataclass(frozen=True)
class Oblivious:
    """Measures one network: the sign attacks and JSMA, scored by every detector."""

    network: str  # the experiment whose weights these are
    gamma: float  # of the kernel density, as printed for this loss
    radii: tuple[float, ...]  # L-infinity radii of the sign attacks, pixel units of [0, 1]
    named: tuple[float, ...]  # the radii whose curves are stored
    saliency_radii: tuple[float, ...]  # theta of JSMA
    saliency_images: int = 200

    def __call__(self, model: Classifier, dataset: Any, n: int, folder: Path) -> Measured:
        data, few = dataset.test[:n], dataset.test[: self.saliency_images]
        plans = {f"{k} {eps:g}": (a, data) for eps in self.radii for k, a in gradient_attacks(eps).items()}
        plans |= {f"JSMA {eps:g}": (saliency(eps), few) for eps in self.saliency_radii}
        named = {f"{eps:g}" for eps in self.named}
        curves = [name for name in plans if name.split()[-1] in named]
        plans |= {f"noise {eps:g}": (Noise(eps), data) for eps in self.named}
        found = judged(self.network, self.gamma, model, dataset, plans, curves, folder)
        return Measured(found.outcomes, {**found.facts, "named": self.named}, found.attacks)


@dataclass(frozen=True)
class Searched:
    """Measures one network: C&W in three confidences, scored by every detector."""

    network: str  # the experiment whose weights these are
    gamma: float  # of the kernel density, as printed for this loss
    binary_search_steps: int = 5
    steps: int = 500  # for each c; paper: 9 x 10,000
    sure_images: int = 100

    def __call__(self, model: Classifier, dataset: Any, n: int, folder: Path) -> Measured:
        # The third asks the same probability of every network, not the same logits.
        kappas = {"C&W": 0.0, "C&W-hc": 10.0, "C&W sure": sure(len(dataset.classes))}
        images = dict.fromkeys(kappas, n) | {"C&W sure": min(n, self.sure_images)}
        plans = {name: (self.search(kappa), dataset.test[: images[name]]) for name, kappa in kappas.items()}
        return judged(self.network, self.gamma, model, dataset, plans, list(plans), folder)

    def search(self, kappa: float) -> Attack:
        """Targeted at a random class, Adam at 0.01, first c 1, as released."""
        search = CarliniWagner(
            self.binary_search_steps, self.steps, 0.01, c=1.0, kappa=kappa, targeted=True, precision="fast"
        )
        return Relabel(search, random_class)
