"""What a notebook computes on the spot for the chapter on AT2L: an outer iteration of algorithm 1 on small networks."""

import math
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

import torch

from robustlib.attacks import FGSM, PGD
from robustlib.datasets import Batches, Crafted, CraftedSplit, Split
from robustlib.evaluation import Cell, Table, under_attack
from robustlib.experiments.live import outcome_cell
from robustlib.interfaces import Attack, Images, Objective
from robustlib.models import Classifier, lenet5
from robustlib.objectives import AT2L, CrossEntropy
from robustlib.objectives.adversarial_triplet import Anchor, NormTriplet
from robustlib.training import Adam, OneCycle, fit

EPS = 0.2  # L-infinity, pixel units of [0, 1]
METHODS = ("AT2L", "adversarial training", "TLA")
DISTANCES = {"l-inf": math.inf, "l2": 2.0}


def objective(
    method: str = "AT2L",
    lambda2: float = 1.0,
    alpha: float = 1.0,
    distance: str = "l-inf",
    anchor: Anchor = "attacked",
) -> AT2L:
    """Equation 2 with these weights, equation 1 ("adversarial training"), or TLA's loss, whose margin is its own.

    Source: Li et al. 2019; lambda1 = 1, so that clean and attacked images weigh alike in these short runs. Raises:
    ValueError for another method or distance, and as `AT2L` and `NormTriplet`.
    """
    if method not in METHODS or distance not in DISTANCES:
        raise ValueError(f"need one of {METHODS} and of {tuple(DISTANCES)}, got {method!r} and {distance!r}")
    if method == "TLA":
        return replace(AT2L.tla(weight=lambda2), lambda1=1.0)
    if method == "adversarial training" or lambda2 == 0:
        return AT2L.ensemble_adversarial_training()
    return AT2L(lambda1=1.0, lambda2=lambda2, triplet=NormTriplet(alpha, DISTANCES[distance], anchor=anchor))


def undefended(train: Split, epochs: int = 4, device: str | torch.device = "cpu") -> Classifier:
    """LeNet-5 from seed 0 on these images with cross-entropy: outer iteration 0; in eval mode."""
    torch.manual_seed(0)
    return _fitted(lenet5().to(device), Batches(32)(train), CrossEntropy(), epochs)


def iterated(start: Classifier, train: Split, of: AT2L, eps: float = EPS, epochs: int = 2) -> Classifier:
    """Algorithm 1 once: FGSM's images of the start, crafted before training, and then the objective on them."""
    torch.manual_seed(0)
    x, y = train[:]
    crafted = CraftedSplit(train.x, train.y, train.name, sets={"FGSM on the start": FGSM(eps)(start, x, y)})
    return _fitted(deepcopy(start), Crafted(32)(crafted), of, epochs)


def trained(train: Split, of: AT2L, eps: float = EPS, epochs: int = 3, steps: int = 5) -> Classifier:
    """LeNet-5 from seed 0, with PGD's images of the network as it is at each step, in the place of crafted ones."""
    torch.manual_seed(0)
    return _fitted(lenet5().to(train.x.device), Batches(32)(train), replace(of, attack=PGD(eps, steps)), epochs)


def _fitted(net: Classifier, loader: Any, of: Objective, epochs: int) -> Classifier:
    fit(net, loader, of, optimizer=Adam(2e-3), schedule=OneCycle(), epochs=epochs, progress=False)
    return net.eval()


def static(start: Classifier, data: Any, eps: float = EPS) -> Images:
    """FGSM's images of the undefended network, which every network is then shown as they are."""
    x, y = data
    return FGSM(eps)(start, x, y)


def measured(
    networks: Mapping[str, Classifier], start: Classifier, data: Any, eps: float = EPS, steps: int = 20
) -> Table:
    """What each network reads right, in %: clean, FGSM's images of the undefended network, FGSM and PGD on itself.

    As in the supplement's static column, an image that the network misreads when clean counts as wrong there too.
    """
    x, y = data
    before = static(start, data, eps)
    attacks: dict[str, Attack] = {"FGSM, adaptive": FGSM(eps), f"PGD-{steps}": PGD(eps, steps, stop_early=True)}
    cells: list[Cell] = []
    for name, net in networks.items():
        found = under_attack(net, attacks, (x, y))
        handed = under_attack(net, {}, (before, y))["clean"]
        kept = replace(handed, correct=handed.correct & found["clean"].correct)
        shown = {"clean": found["clean"], "FGSM, static": kept} | {how: found[how] for how in attacks}
        cells += [outcome_cell(name, how, outcome) for how, outcome in shown.items()]
    caption = f"Accuracy in % of small LeNet-5s, clean and attacked, L-infinity, eps {eps:g}, with 95 % Wilson "
    caption += "intervals. Static: made once on the undefended network. Adaptive, and PGD: made on each network. "
    return Table(f"{caption}n = {len(x)} embedded digits, seed 0.", tuple(cells))
