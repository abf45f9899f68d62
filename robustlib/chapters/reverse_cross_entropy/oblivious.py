"""Attackers who do not know of the detector (Pang et al. 2018, section 4.3): table 2 and figures 2a, 2b."""

import math
from dataclasses import dataclass

from robustlib.attacks import BIM, FGSM, ILCM, JSMA, CarliniWagner, Noise
from robustlib.attacks.relabel import Relabel, least_likely, predicted, random_class
from robustlib.chapters.reverse_cross_entropy.detector_scores import Plan, scored
from robustlib.experiments.measurement import Findings, Subject
from robustlib.interfaces import Attack

CERTAIN = 0.99  # the softmax confidence that "C&W at 99 %" asks of an adversarial image
CERTAINLY = "C&W at 99 %"


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


def kappa_for(classes: int, confidence: float = CERTAIN) -> float:
    r"""The kappa that guarantees a softmax confidence: :math:`\kappa = \log\frac{(L - 1)\, p}{1 - p}`."""
    return math.log((classes - 1) * confidence / (1 - confidence))


@dataclass(frozen=True)
class Oblivious:
    """The sign attacks and JSMA, scored by every detector."""

    gamma: float  # of the kernel density, as printed for this loss
    radii: tuple[float, ...]  # L-infinity radii of the sign attacks, pixel units of [0, 1]
    named: tuple[float, ...]  # the radii whose curves are stored
    saliency_radii: tuple[float, ...]  # theta of JSMA
    saliency_images: int = 200

    def __call__(self, on: Subject) -> Findings:
        return scored(on, self.gamma, self.plans(on.n))

    def plans(self, n: int) -> list[Plan]:
        """All attacks on n images, JSMA on fewer."""
        steps = {"BIM": 10, "ILCM": 10}
        plans = [
            Plan(name, attack, n, "Linf", eps, steps.get(name), curves=eps in self.named)
            for eps in self.radii
            for name, attack in gradient_attacks(eps).items()
        ]
        few = min(n, self.saliency_images)
        plans += [Plan("JSMA", saliency(e), few, "L0", e, 100, curves=e in self.named) for e in self.saliency_radii]
        return plans + [Plan("noise", Noise(eps), n, "Linf", eps) for eps in self.named]


@dataclass(frozen=True)
class CarliniWagnerSurvey:
    """C&W in three confidences, scored by every detector."""

    gamma: float  # of the kernel density, as printed for this loss
    binary_search_steps: int = 5
    steps: int = 500  # for each c; paper: 9 x 10,000
    certain_images: int = 100

    def __call__(self, on: Subject) -> Findings:
        return scored(on, self.gamma, self.plans(on.n, len(on.dataset.classes)))

    def plans(self, n: int, classes: int) -> list[Plan]:
        """The third asks the same probability of every network, not the same logits."""
        kappas = {"C&W": 0.0, "C&W-hc": 10.0, CERTAINLY: kappa_for(classes)}
        images = dict.fromkeys(kappas, n) | {CERTAINLY: min(n, self.certain_images)}
        return [
            Plan(name, self.search(kappa), images[name], "L2", steps=self.steps, curves=True)
            for name, kappa in kappas.items()
        ]

    def search(self, kappa: float) -> Attack:
        """Targeted at a random class, Adam at 0.01, first c 1, as released."""
        search = CarliniWagner(
            self.binary_search_steps, self.steps, 0.01, c=1.0, kappa=kappa, targeted=True, precision="fast"
        )
        return Relabel(search, random_class)
