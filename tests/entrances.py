"""Every public entrance that is handed a model and images, under one form: call(model, x, y)."""

from collections.abc import Callable
from typing import Any

import torch
from attacks.detectors import Grey
from attacks.minimum_norm_targets import MINIMUM_NORM
from attacks.targets import ATTACKS, batch, network
from torch import Tensor, nn

from robustlib.attacks import (
    FGSM,
    PGD,
    CarliniWagnerWB,
    DetectorAwareCW,
    InBatches,
    Transfer,
    Undetected,
    evades,
    threshold_at,
)
from robustlib.detectors import Confidence, Guarded, NonMaximalEntropy, dropout_uncertainty
from robustlib.evaluation import (
    accuracy,
    cost,
    distortion_bound,
    over_seeds,
    pairs,
    randomness,
    sweep,
    taylor_remainder,
    under_attack,
    zero_gradient_share,
)
from robustlib.evaluation.report_card import report_card
from robustlib.training.distil import ask, distil

Call = Callable[[Any, Any, Any], Any]
FOUR = {"binary_search_steps": 1, "steps": 4, "detector": Grey(), "threshold": -0.2}
BRIEF = {"epochs": 1, "progress": False}
TINY = {"passes": 4, "queries": 4, "binarised": 1, "inner": 20}

# Those that read y.
ATTACKING: dict[str, Call] = {name: attack.__call__ for name, attack in (ATTACKS | MINIMUM_NORM).items()} | {
    "InBatches": InBatches(PGD(0.2, 3), 12),
    "Transfer from": lambda model, x, y: Transfer(model, PGD(0.2, 3))(network(), x, y),
    "Undetected": Undetected(PGD(0.2, 3), Grey(), -0.2),
    "CW-detector": DetectorAwareCW(**FOUR),
    "CW-wb": CarliniWagnerWB(**FOUR),
}
JUDGING: dict[str, Call] = {
    "accuracy": lambda model, x, y: accuracy(model, (x, y)),
    "under_attack": lambda model, x, y: under_attack(model, {"PGD": PGD(0.2, 3)}, (x, y)),
    "under no attack": lambda model, x, y: under_attack(model, {}, (x, y)),
    "sweep": lambda model, x, y: sweep(model, FGSM, (0.0, 0.1), (x, y)),
    "over_seeds": lambda model, x, y: over_seeds(model, {}, (x, y), seeds=(0, 1))["clean"].worst,
    "pairs": lambda model, x, y: pairs(model, x, x, y),
    "evades": lambda model, x, y: evades(model, Grey(), -0.2, x, y),
    "verdicts": lambda model, x, y: Guarded(model, Grey(), -0.2).verdicts(x, y),
    "zero_gradient_share": zero_gradient_share,
    "cost": lambda model, x, y: cost(model, FGSM(0.1), x, y),
    "report_card": lambda model, x, y: report_card(model, (x, y), PGD(0.2, 3), 0.2, **TINY).checks,
    "distortion_bound": lambda model, x, y: distortion_bound(model, x, y, layer="logits"),
}
# Those that do not.
ASKING: dict[str, Call] = {
    "predict": lambda model, x, y: Guarded(model, Grey(), -0.2).predict(x),
    "confidence": lambda model, x, y: Confidence(model).score(x),
    "non-ME": lambda model, x, y: NonMaximalEntropy(model).score(x),
    "threshold_at": lambda model, x, y: threshold_at(Confidence(model), x),
    "uncertainty": lambda model, x, y: dropout_uncertainty(model, x, 2),
    "taylor_remainder": lambda model, x, y: taylor_remainder(model, x, x, "logits"),
    "randomness": lambda model, x, y: randomness(model, x),
    "ask": lambda model, x, y: ask(model, x),
    "distil from": lambda model, x, y: distil(model, network(), x, **BRIEF),
    "distil to": lambda model, x, y: distil(network(), model, x, **BRIEF),
}
LABELLED = ATTACKING | JUDGING
ENTRANCES = LABELLED | ASKING
PLAIN = {"Matching", "Matching-L2"}  # those that take a plain Classifier only
DRAWN = {
    name
    for name in ATTACKING
    if name.startswith(("PGD", "APGD", "LSPGA", "NFGSM", "Noise", "Restarts", "RandomEps", "Relabel-r"))
}


class Around(nn.Module):
    """A network, and something that is done to its logits in view of the images."""

    def __init__(self, change: Callable[[Tensor, Tensor], Any]) -> None:
        super().__init__()
        self.net, self.change = network(), change

    def forward(self, x: Tensor) -> Any:
        return self.change(self.net(x), x)


def images(n: int = 12, dark: int | None = 3) -> Tensor:
    """Random images, one of which is dark enough to be known in any small ball around it."""
    x = batch(network(), n)[0] * 0.5 + 0.5
    return x if dark is None else x.index_fill(0, torch.tensor([dark]), 0.0)


def is_dark(x: Tensor) -> Tensor:
    """Which images are dark, shape (n, 1)."""
    return x.flatten(1).mean(1, keepdim=True) < 0.3


def aimed(name: str, y: Tensor, classes: int = 4) -> Tensor:
    """The labels to hand to this entrance: for a targeted attack the next class."""
    return (y + 1) % classes if "targeted" in name else y
