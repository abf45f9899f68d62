"""The defence itself: whether it draws random numbers, and whether its detector refuses what is clean."""

from typing import Any

import torch

from robustlib.attacks import EOT
from robustlib.evaluation.card.bench import Bench
from robustlib.evaluation.card.check import CANNOT, FAILS, PASSES, Finding, Question
from robustlib.evaluation.card.variations import inside
from robustlib.evaluation.randomness import randomness
from robustlib.gradient import evaluating

REFUSED = 0.1  # of clean images, at most


def random_answers(bench: Bench) -> Finding:
    """Whether the model answers by chance, and the evaluation asked it once a step all the same."""

    def measure() -> dict[str, Any]:
        found = randomness(bench.model, bench.x[: bench.settings.batch], bench.settings.seed)
        return {"random": found.random, "said": str(found)}

    found = bench.measured("randomness", measure)
    said = f"the model {found['said']}"
    if not found["random"]:
        return Finding(PASSES, said)
    averaged = [name for name, a in bench.attacks.items() if any(isinstance(part, EOT) for part in inside(a))]
    if averaged:
        return Finding(PASSES, f"{said}; {', '.join(averaged)} averages over its draws")
    return Finding(FAILS, f"{said}, and no attack of the evaluation averages over its draws")


@torch.no_grad()
def refused_clean_images(bench: Bench) -> Finding:
    """What share of the clean images the detector refuses at the threshold of the evaluation."""
    detector, threshold = bench.settings.detector, bench.settings.threshold
    if detector is None or threshold is None:
        return Finding(CANNOT, "no detector was handed over")

    def measure() -> dict[str, Any]:
        with evaluating(bench.model):
            score = torch.cat([detector.score(part).cpu() for part in bench.x.split(bench.settings.batch)])
        if score.shape != (bench.n,) or score.isnan().any():
            raise ValueError(
                f"the detector must give one number, not NaN, for each of {bench.n} images, got {tuple(score.shape)}"
            )
        return {"refused": int((score < threshold).sum())}

    refused = bench.measured("refused", measure)["refused"]
    said = f"the detector refuses {refused} of {bench.n} clean images"
    return Finding(FAILS if refused > REFUSED * bench.n else PASSES, said)


QUESTIONS = (
    Question(
        "random answers",
        "One draw shows neither the gradient nor the answer of a model that draws random numbers. Athalye et al. "
        "2018 (Obfuscated gradients).",
        "Attack with EOT(attack, draws), and judge by several evaluations, worst per image (over_seeds).",
        random_answers,
    ),
    Question(
        "refused clean images",
        f"A detector that refuses every image detects all attacks. Above {100 * REFUSED:.0f} % of the clean images the "
        "detection rate says little.",
        "Choose the threshold on clean images, and state the false positive rate beside every detection rate.",
        refused_clean_images,
    ),
)  # fmt: skip
