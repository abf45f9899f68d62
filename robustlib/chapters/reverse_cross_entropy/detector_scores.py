"""What every detector says of what an oblivious attacker made: the body of the measurements behind table 2."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from robustlib.chapters.reverse_cross_entropy.known_detector import DENSITY, held_out
from robustlib.detectors import Confidence, NonMaximalEntropy, choose_gamma
from robustlib.experiments.adversarial_examples import AdversarialExamples, craft
from robustlib.experiments.densities import fitted_density
from robustlib.experiments.detector_rows import (
    before_and_after,
    clean_row,
    detection_rows,
    detector_scores,
    gamma_curve,
    quantile_row,
)
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.rows import Row, accuracy_row
from robustlib.interfaces import Attack, Detector

GAMMAS = tuple(round(10 ** (k / 4), 4) for k in range(-12, 13))  # 0.001 to 1000, for the choice and for the curve
CHOSEN = "K-density, chosen gamma"


@dataclass(frozen=True)
class Plan:
    """One attack of the measurement: what it does, what its rows say, and on how many images."""

    name: str
    attack: Attack
    n: int
    norm: str
    eps: float | None = None  # of JSMA the change of one pixel
    steps: int | None = None
    curves: bool = False  # whether ROC, histogram and the AUC against gamma are kept

    @property
    def label(self) -> str:
        """For the record, and for the folder of its images."""
        return self.name if self.eps is None else f"{self.name} {self.eps:g}"


def scored(on: Subject, gamma: float, plans: Sequence[Plan]) -> Findings:
    """Craft every plan's images, and score them by confidence, non-ME, and the density at both gammas."""
    density = fitted_density(on.network, on.model, on.dataset, gamma, on.seed)
    choice = choose_gamma(density, on.dataset.choices, GAMMAS)
    detectors: dict[str, Detector] = {
        "confidence": Confidence(on.model),
        "non-ME": NonMaximalEntropy(on.model),
        DENSITY: density,
        CHOSEN: density.at(choice.gamma),
    }
    clean = {name: held_out(d, on.dataset) for name, d in detectors.items()}
    likelihood = {f"{g:g}": round(v, 4) for g, v in zip(GAMMAS, choice.log_likelihoods, strict=True)}
    chosen = Row("gamma", choice.gamma, defense=CHOSEN, images="first half of validation")
    rows = [Row("gamma", gamma, defense=DENSITY), replace(chosen, series={"log-likelihood": likelihood})]
    for i, plan in enumerate(plans):
        data = on.dataset.test[: plan.n]
        made = craft(on.model, plan.label, plan.attack, data, on.folder, seed=on.seed)
        columns: dict[str, Any] = {"attack": plan.name, "norm": plan.norm, "eps": plan.eps, "steps": plan.steps}
        rows += [clean_row(made.clean_correct)] if i == 0 else []
        rows += [accuracy_row(made.outcome, **columns), *sizes(made, detectors["confidence"], columns)]
        for name, detector in detectors.items():
            found = before_and_after(detector, made, clean[name])
            auc, *rates = detection_rows(found, curves=plan.curves, defense=name, **columns)
            if plan.curves and name == DENSITY:
                auc = replace(auc, series={**auc.series, "gamma": gamma_curve(density, made, GAMMAS)})
            rows += [auc, *rates]
    return Findings(rows, {plan.label: plan.attack for plan in plans})


def sizes(made: AdversarialExamples, confidence: Detector, columns: dict[str, Any]) -> list[Row]:
    """How sure the network is of what fooled it, and how far that was moved."""
    fooled = made.fooled.to(made.x.device)
    sure = detector_scores(confidence, made.x_adv[fooled]).exp() if fooled.any() else torch.zeros(0)
    return [quantile_row("confidence", sure, **columns), quantile_row("distortion", made.distortion, **columns)]
