"""What a notebook computes on the spot: three small defences of digits, and attackers who know of them or do not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from robustlib.attacks import BPDA, EOT, LSPGA, PGD, DeepFool
from robustlib.chapters.input_defences.on_manifold import OnManifold
from robustlib.datasets import Batches, Split
from robustlib.evaluation import Cell, Table, under_attack, wilson
from robustlib.evaluation.verdicts import correct
from robustlib.experiments.live import outcome_cell
from robustlib.interfaces import Attack, Objective
from robustlib.losses import margin
from robustlib.models import (
    Classifier,
    Generator,
    Search,
    SoftThermometer,
    Thermometer,
    defense_gan,
    lenet5,
    with_thermometer,
)
from robustlib.models.random_resize_pad import RandomResizePad
from robustlib.modes import seeded
from robustlib.objectives import AT2L, CrossEntropy
from robustlib.training import Adam, OneCycle, fit

SEARCH = Search(steps=60, restarts=4)  # of what runs in the page; the stored results have 200 and 10
SIDE, LOW, HIGH = 28, 29, 32  # of the digits' random views
UNAWARE, SHORTEST, AWARE = "PGD on the network alone", "DeepFool on the network alone", "an attacker who knows"


@dataclass(frozen=True, eq=False)
class Defended:
    """A network with a defence in front, the network that an attacker takes who does not know of it, and one who does.

    In `behind` the defence is body[0]. `eps` is the L-infinity radius of PGD and of the one who knows.
    """

    alone: Classifier
    behind: Classifier
    aware: Attack
    eps: float

    def attacks(self, steps: int = 20) -> dict[str, Attack]:
        """Made on the network alone, PGD and DeepFool; and the one that knows the defence."""
        return {SHORTEST: DeepFool(), UNAWARE: PGD(self.eps, steps, loss=margin), AWARE: self.aware}


def behind_views(model: Classifier) -> Classifier:
    """The network behind random views of digits, padded with black, which is what surrounds a digit."""
    return Classifier(nn.Sequential(RandomResizePad(SIDE, LOW, HIGH, value=0.0), model.body), model.head).eval()


def thermometer(plain: Classifier, encoded: Classifier, eps: float = 0.3) -> Defended:
    """LS-PGA is the one who knows: 20 steps on the margin. `plain` reads pixels."""
    return Defended(plain, encoded, LSPGA(eps, 20, loss=margin), eps)


def views(model: Classifier, eps: float = 0.1, draws: int = 5) -> Defended:
    """EOT is the one who knows: margin PGD with 10 steps on the mean of so many draws."""
    return Defended(model, behind_views(model), EOT(PGD(eps, 10, loss=margin), draws), eps)


def projection(model: Classifier, generator: Generator, eps: float = 0.3, search: Search = SEARCH) -> Defended:
    """An on-manifold start is the one who knows, with 100 steps."""
    return Defended(model, defense_gan(model, generator, search).eval(), OnManifold(eps, steps=100), eps)


def levels_of(encoded: Classifier) -> int:
    """Of the thermometer in a network."""
    return next(m.levels for m in encoded.modules() if isinstance(m, Thermometer))


def coded(train: Split, levels: int = 16, attacked: bool = False, epochs: int = 2) -> Classifier:
    """LeNet-5 from seed 0 behind a thermometer, with cross-entropy; `attacked`: on images of one step of LS-PGA too."""
    torch.manual_seed(0)
    net = with_thermometer(lenet5(), levels).to(train.x.device)
    objective: Objective = AT2L(LSPGA(0.3, 1), 1.0, 0.0) if attacked else CrossEntropy()
    fit(net, Batches(64)(train), objective, optimizer=Adam(3e-3), schedule=OneCycle(), epochs=epochs, progress=False)
    return net.eval()


def climbed(networks: Mapping[str, Classifier], data: Any, attacks: Mapping[str, Attack] | None = None) -> Table:
    """What networks behind thermometers read right, in %: clean and under attacks, by default PGD on the pixels, LS-PGA
    and BPDA, as the chapter runs them.
    """
    cells, pgd = [], PGD(0.3, 20, loss=margin, stop_early=True)
    for name, net in networks.items():
        soft = SoftThermometer(levels_of(net))
        three: dict[str, Attack] = {"PGD": pgd, "LS-PGA": LSPGA(0.3, 20, loss=margin)}
        three["BPDA"] = BPDA(pgd, Thermometer, soft)
        found = under_attack(net, three if attacks is None else attacks, data)
        cells += [outcome_cell(name, how, outcome) for how, outcome in found.items()]
    caption = "Accuracy in %, clean and under attacks on the margin, L-infinity, eps 0.3, with 95 % "
    return Table(
        f"{caption}Wilson intervals. n = {found['clean'].n} digits that ship with the book, seed 0.", tuple(cells)
    )


def judged(of: Defended, data: Any, name: str) -> Table:
    """What the network reads right, in %, alone and behind the defence: clean, under two attacks that were made on it
    alone, and under the one that knows the defence.
    """
    x, y = data
    attacks, made = of.attacks(), {"clean": x}
    with seeded(0, "judged", x.device):
        made |= {attack: attacks[attack](of.alone, x, y) for attack in (SHORTEST, UNAWARE)}
        made[AWARE] = of.aware(of.behind, x, y)
    cells = []
    for row, network in {f"{name}: the network alone": of.alone, f"{name}: behind the defence": of.behind}.items():
        stands = torch.ones(len(x), dtype=torch.bool)
        for attack, images in made.items():
            with seeded(0, "verdict", x.device):
                right = correct(network, images, y).cpu()
            stands = right if attack == "clean" else stands
            hits = int((right & stands).sum())
            share, low, high = (100 * v for v in (hits / len(x), *wilson(hits, len(x))))
            applies = attack != AWARE or network is of.behind
            found = Cell(row, attack, ours=share, low=low, high=high, n=len(x))
            cells.append(found if applies else Cell(row, attack, applies=False))
    caption = f"Accuracy in %, L-infinity, eps {of.eps:g} (DeepFool: whatever it needs), with 95 % Wilson intervals. "
    return Table(f"{caption}n = {len(x)} digits that ship with the book, seed 0, one draw.", tuple(cells))
