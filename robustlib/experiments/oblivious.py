"""Detectors against attackers who do not know of them (Pang et al. 2018, section 4.3): table 2 and figures 2a, 2b."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

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
from robustlib.detectors import Confidence, NonMaximalEntropy, choose_gamma
from robustlib.evaluation import Outcome
from robustlib.experiments.crafting import craft
from robustlib.experiments.densities import fitted_density
from robustlib.experiments.experiment import Measured
from robustlib.experiments.halves import for_choices, for_thresholds
from robustlib.experiments.scoring import auc_of, detection, quantiles, scored
from robustlib.interfaces import Attack, Detector
from robustlib.models.classifier import Classifier

BF16 = torch.bfloat16
GAMMAS = tuple(round(10 ** (k / 4), 4) for k in range(-12, 13))  # 0.001 to 1000, for the choice and for the curve
SURE = 0.99  # the softmax confidence that "C&W sure" asks of an adversarial image


def gradient_attacks(eps: float) -> dict[str, Attack]:
    """The three sign attacks as released: ten steps of eps / 10, away from the predicted or towards a class."""
    return {
        "FGSM": Relabel(FGSM(eps), predicted),
        "BIM": Relabel(BIM(eps, steps=10, precision=BF16), predicted),
        "ILCM": ILCM(eps, steps=10, precision=BF16),
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
    """Measures one network: every attack of section 4.3, scored by every detector."""

    network: str  # the experiment whose weights these are
    gamma: float  # of the kernel density, as printed for this loss
    radii: tuple[float, ...]  # L-infinity radii of the sign attacks, pixel units of [0, 1]
    named: tuple[float, ...]  # the radii whose curves are stored
    saliency_radii: tuple[float, ...]  # theta of JSMA
    searched: int = 200  # images of JSMA and C&W
    binary_search_steps: int = 5
    steps: int = 500  # of C&W for each c; paper: 9 x 10,000

    def __call__(self, model: Classifier, dataset: Any, n: int, folder: Path) -> Measured:
        data, few = dataset.test[:n], dataset.test[: self.searched]
        density = fitted_density(self.network, model, dataset, self.gamma)
        choice = choose_gamma(density, for_choices(dataset), GAMMAS)
        detectors: dict[str, Detector] = {
            "confidence": Confidence(model),
            "non-ME": NonMaximalEntropy(model),
            "K-density": density,
            "K-density, chosen gamma": density.at(choice.gamma),
        }
        held_out = {name: scored(d, for_thresholds(dataset)[:][0]) for name, d in detectors.items()}
        plans = {f"{k} {eps:g}": (a, data) for eps in self.radii for k, a in gradient_attacks(eps).items()}
        plans |= {f"JSMA {eps:g}": (saliency(eps), few) for eps in self.saliency_radii}
        plans |= {name: (attack, few) for name, attack in self.searches(len(dataset.classes)).items()}
        plans |= {f"noise {eps:g}": (Noise(eps), data) for eps in self.named}
        outcomes: dict[str, Outcome] = {}
        facts: dict[str, Any] = {"detection": {}, "distortion": {}, "confidence": {}, "gamma curve": {}}
        for name, (attack, images) in plans.items():
            made = craft(model, name, attack, images, folder)
            outcomes[name] = made.outcome
            outcomes.setdefault("clean", Outcome(made.right, *(torch.zeros(len(made.right)),) * 2, 0.0))
            full = name.startswith("C&W") or name.split()[-1] in {f"{eps:g}" for eps in self.named}
            facts["detection"][name] = detection(detectors, held_out, made, full)
            if made.fooled.any():
                facts["confidence"][name] = quantiles(scored(detectors["confidence"], made.x_adv[made.fooled]).exp())
            if name.startswith("C&W"):
                facts["distortion"][name] = quantiles(made.distortion) if made.fooled.any() else None
            if full and not name.startswith("noise"):
                facts["gamma curve"][name] = {f"{g:g}": auc_of(density.at(g), made) for g in GAMMAS}
        facts["likelihood"] = {f"{g:g}": round(v, 4) for g, v in zip(GAMMAS, choice.log_likelihoods, strict=True)}
        facts |= {"gamma": self.gamma, "chosen gamma": choice.gamma, "named": self.named}
        facts["clean"] = {name: quantiles(scored(d, data[0])) for name, d in detectors.items()}
        return Measured(outcomes, facts, {name: attack for name, (attack, _) in plans.items()})

    def searches(self, classes: int) -> dict[str, Attack]:
        """C&W in three confidences; the third asks the same probability of every network, not the same logits."""
        kappas = {"C&W": 0.0, "C&W-hc": 10.0, "C&W sure": sure(classes)}
        return {name: self.search(kappa) for name, kappa in kappas.items()}

    def search(self, kappa: float) -> Attack:
        """Targeted at a random class, Adam at 0.01, first c 1, as released."""
        search = CarliniWagner(
            self.binary_search_steps, self.steps, 0.01, c=1.0, kappa=kappa, targeted=True, precision=BF16
        )
        return Relabel(search, random_class)
