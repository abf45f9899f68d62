"""T4: random resizing and padding under attackers who do not know it, who know its range, and who average its draws."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from robustlib.attacks import EOT, FGSM, PGD, CarliniWagner, DeepFool, Square, Transfer
from robustlib.chapters.input_defences.without_clean import without_clean
from robustlib.evaluation import under_attack, worst_case
from robustlib.experiments import Findings, Subject
from robustlib.experiments.attack_rows import accuracy_rows, attacked
from robustlib.interfaces import Attack
from robustlib.losses import margin
from robustlib.models import PatternEnsemble, five_places, randomised

WORST = "worst case"
DEFENCE = "random resize and pad"
VANILLA, ENSEMBLE = "vanilla", "ensemble-pattern"


@dataclass(frozen=True)
class RandomisationAttacks:
    """The network alone under FGSM, DeepFool and C&W; then behind the defence, in the papers' scenarios and under EOT.

    In the rows `source` says on what the images were made: "vanilla" is the network without the defence, by someone who
    does not know it; "ensemble-pattern" is the mean over 21 fixed patterns. Every verdict rests on one draw. Sides are
    33 to 36 of 37, by the ratio of the source's 299 to 331, in which a quarter of the views have a side each.

    The patterns are ours, as the source's were not at hand: the whole square, and four sides of the range in its
    corners and its middle.
    Source: Xie et al. 2018; Li et al. 2019, the supplement's tables 12 and 13; Athalye et al. 2018, section 4.2.
    """

    eps: float = 8 / 255  # L-infinity, of FGSM and of the adaptive attacks, pixel units of [0, 1]
    size: int = 32
    low: int = 33
    high: int = 37
    few: int = 100  # images under EOT and in the ensemble-pattern scenario
    draws: int = 30  # of EOT
    steps: int = 40  # of PGD
    queries: int = 1000  # of Square

    def attacks(self) -> dict[str, Attack]:
        """The paper's three. C&W has 3 values of c with 60 steps each."""
        cw = CarliniWagner(3, 60, lr=0.05, c=1.0, precision="fast")
        return {"FGSM": FGSM(self.eps), "DeepFool": DeepFool(precision="fast"), "C&W": cw}

    def adaptive(self) -> dict[str, Attack]:
        """T4, and the same climb on one draw a step."""
        pgd: Attack = PGD(self.eps, self.steps, loss=margin)
        return {
            "margin PGD": pgd, "EOT margin PGD": EOT(pgd, self.draws),
            "Square": Square(self.eps, self.queries, precision="fast"),
        }  # fmt: skip

    def ensemble(self, model: nn.Module) -> nn.Module:
        """What the ensemble-pattern scenario climbs."""
        sides = torch.linspace(self.low, self.high - 1, 4).round().long().unique().tolist()
        return PatternEnsemble(model, five_places(tuple(sides), self.high)).eval()

    def __call__(self, on: Subject) -> Findings:
        target = randomised(on.model, self.size, self.low, self.high).eval()
        attacks, adaptive = self.attacks(), self.adaptive()
        rows = accuracy_rows(under_attack(on.model, {}, on.dataset.test, seed=on.seed), {})
        rows += accuracy_rows(under_attack(target, {}, on.dataset.test, seed=on.seed), {}, defense=DEFENCE)
        rows += without_clean(attacked(on, attacks, "undefended"), attacks)
        scenarios = {VANILLA: (on.model, on.n), ENSEMBLE: (self.ensemble(on.model), self.few)}
        for scenario, (source, n) in scenarios.items():
            handed: dict[str, Attack] = {name: Transfer(source, attack) for name, attack in attacks.items()}
            found = attacked(on, handed, scenario, model=target, n=n)
            rows += without_clean(found, attacks, defense=DEFENCE, source=scenario)
        columns: dict[str, Any] = {"defense": DEFENCE, "norm": "Linf", "eps": self.eps}
        found = attacked(on, adaptive, "adaptive", model=target, n=self.few)
        rows += without_clean(found, adaptive, steps=self.steps, **columns)
        rows += accuracy_rows({WORST: worst_case(found)}, {}, **columns)
        return Findings(rows, attacks | adaptive)
