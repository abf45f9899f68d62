"""Noisy images against attacked ones (Pang et al. 2018, section 4.3, on its appendix B.3), by every detector."""

from dataclasses import dataclass
from typing import Any

import torch

from robustlib.attacks import Noise, threshold_at
from robustlib.chapters.reverse_cross_entropy.detector_scores import CHOSEN, GAMMAS
from robustlib.chapters.reverse_cross_entropy.known_detector import DENSITY, USABLE, held_out
from robustlib.chapters.reverse_cross_entropy.oblivious import gradient_attacks
from robustlib.detectors import Confidence, NonMaximalEntropy, choose_gamma
from robustlib.evaluation import Detection
from robustlib.experiments.adversarial_examples import AdversarialExamples, craft
from robustlib.experiments.densities import fitted_density
from robustlib.experiments.detector_rows import clean_row, detection_rows, detector_scores, share_row
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.rows import Row, accuracy_row
from robustlib.interfaces import Attack, Detector

NOISY = "noisy and attacked"  # the column `images`: noisy ones that are read right, attacked ones that are misread


@dataclass(frozen=True)
class AgainstNoise:
    """Every detector's AUC of attacked against noisy images, and the share of the noisy ones that it rejects.

    Uniform noise in the ball of the attacks. A noisy image counts if it is read right without and with the noise, an
    attacked one if the attack had it misread; the detector sees no clean image but those that choose its threshold.
    """

    gamma: float  # of the kernel density, as printed for this loss
    eps: float  # L-infinity, pixel units of [0, 1], of the noise and of the attacks
    names: tuple[str, ...] = ("FGSM", "BIM")

    def __call__(self, on: Subject) -> Findings:
        density = fitted_density(on.network, on.model, on.dataset, self.gamma, on.seed)
        chosen = density.at(choose_gamma(density, on.dataset.choices, GAMMAS).gamma)
        detectors: dict[str, Detector] = {"confidence": Confidence(on.model), "non-ME": NonMaximalEntropy(on.model)}
        detectors |= {DENSITY: density, CHOSEN: chosen}
        attacks = self.attacks()
        data = on.dataset.test[: on.n]
        made = {name: craft(on.model, name, a, data, on.folder, seed=on.seed) for name, a in attacks.items()}
        columns: dict[str, Any] = {"norm": "Linf", "eps": self.eps}
        rows = [clean_row(made["noise"].clean_correct)]
        rows += [accuracy_row(m.outcome, attack=name, **columns) for name, m in made.items()]
        for defense, detector in detectors.items():
            threshold = threshold_at(detector, on.dataset.thresholds[:][0], USABLE)
            clean = held_out(detector, on.dataset)
            for name in self.names:
                found = told_apart(detector, made["noise"], made[name], clean)
                rows += detection_rows(found, curves=False, attack=name, defense=defense, images=NOISY, **columns)
            rows.append(rejected_noise(detector, threshold, made["noise"], defense=defense, **columns))
        return Findings(rows, attacks)

    def attacks(self) -> dict[str, Attack]:
        """The noise and the attacks of the same radius, by name."""
        by_name = gradient_attacks(self.eps)
        return {"noise": Noise(self.eps), **{name: by_name[name] for name in self.names}}


def told_apart(
    detector: Detector, noisy: AdversarialExamples, attacked: AdversarialExamples, clean: torch.Tensor
) -> Detection:
    """The scores of noisy images that are read right and of attacked ones that are misread; none where either lacks."""
    kept, fooled = noisy.outcome.correct.to(noisy.x.device), attacked.fooled.to(attacked.x.device)
    if not kept.any() or not fooled.any():
        return Detection(torch.zeros(0), torch.zeros(0), clean)
    return Detection(
        detector_scores(detector, noisy.x_adv[kept]), detector_scores(detector, attacked.x_adv[fooled]), clean
    )


def rejected_noise(detector: Detector, threshold: float, noisy: AdversarialExamples, **columns: Any) -> Row:
    """The share of noisy images, read right, that the detector rejects at a threshold."""
    kept = noisy.outcome.correct.to(noisy.x.device)
    scores = detector_scores(detector, noisy.x_adv[kept]) if kept.any() else torch.zeros(0)
    hits = int((scores < threshold).sum())
    return share_row("detected", hits, len(scores), attack="noise", false_positives=USABLE, **columns)
