"""What every detector says of what an oblivious attacker made: the body of the surveys behind table 2."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch

from robustlib.detectors import Confidence, NonMaximalEntropy, choose_gamma
from robustlib.evaluation import Outcome
from robustlib.experiments.crafting import craft
from robustlib.experiments.densities import fitted_density
from robustlib.experiments.experiment import Measured
from robustlib.experiments.halves import for_choices, for_thresholds
from robustlib.experiments.scoring import detection, gamma_curve, quantiles, scored
from robustlib.interfaces import Attack, Detector, Images, Labels
from robustlib.models.classifier import Classifier

GAMMAS = tuple(round(10 ** (k / 4), 4) for k in range(-12, 13))  # 0.001 to 1000, for the choice and for the curve


def judged(
    network: str,  # the experiment whose weights these are
    gamma: float,
    model: Classifier,
    dataset: Any,
    plans: Mapping[str, tuple[Attack, tuple[Images, Labels]]],
    curves: Collection[str],  # attacks whose curves are kept: ROC, histogram, AUC against gamma
    folder: Path,
) -> Measured:
    """Craft every plan's images, and score them by confidence, non-ME, and the density at both gammas."""
    density = fitted_density(network, model, dataset, gamma)
    choice = choose_gamma(density, for_choices(dataset), GAMMAS)
    detectors: dict[str, Detector] = {
        "confidence": Confidence(model),
        "non-ME": NonMaximalEntropy(model),
        "K-density": density,
        "K-density, chosen gamma": density.at(choice.gamma),
    }
    held_out = {name: scored(d, for_thresholds(dataset)[:][0]) for name, d in detectors.items()}
    outcomes: dict[str, Outcome] = {}
    facts: dict[str, Any] = {"detection": {}, "distortion": {}, "confidence": {}, "gamma curve": {}}
    for name, (attack, images) in plans.items():
        made = craft(model, name, attack, images, folder)
        outcomes[name] = made.outcome
        outcomes.setdefault("clean", Outcome(made.right, *(torch.zeros(len(made.right)),) * 2, 0.0))
        facts["detection"][name] = detection(detectors, held_out, made, name in curves)
        if made.fooled.any():
            facts["confidence"][name] = quantiles(scored(detectors["confidence"], made.x_adv[made.fooled]).exp())
            facts["distortion"][name] = quantiles(made.distortion)
        if name in curves:
            facts["gamma curve"][name] = gamma_curve(density, made, GAMMAS)
    facts["likelihood"] = {f"{g:g}": round(v, 4) for g, v in zip(GAMMAS, choice.log_likelihoods, strict=True)}
    facts |= {"gamma": gamma, "chosen gamma": choice.gamma}
    return Measured(outcomes, facts, {name: attack for name, (attack, _) in plans.items()})
