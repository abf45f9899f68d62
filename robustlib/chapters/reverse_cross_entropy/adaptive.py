"""What survives in L-infinity balls, guarded by a kernel density, against attackers who know it."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from robustlib.attacks import DetectorAwarePGD, FeatureMatching
from robustlib.chapters.reverse_cross_entropy.known_detector import DENSITY, USABLE, known_detector
from robustlib.detectors import KernelDensity
from robustlib.evaluation import Outcome
from robustlib.evaluation.verdicts import correct
from robustlib.experiments.adversarial_examples import craft
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.rows import accuracy_row
from robustlib.interfaces import Attack, Images, Labels

TURNS = "detector-aware PGD"  # along the two gradients by turns
BOTH = "detector-aware PGD, then feature matching"


def feature_matching(
    density: KernelDensity, threshold: float, eps: float, steps: int = 200, targets: int = 10
) -> Attack:
    """Towards the features of training images of other classes, where the density is high by construction."""
    return FeatureMatching(
        density.centres, eps, steps, finish=0, targets=targets, labels=density.label,
        detector=density, threshold=threshold, precision="fast",
    )  # fmt: skip


@dataclass(frozen=True)
class Adaptive:
    """One network with its kernel density at a threshold that could be used: what survives, radius by radius."""

    gamma: float  # of the kernel density, as printed for this loss
    radii: tuple[float, ...]  # L-infinity, pixel units of [0, 1]
    steps: int = 200
    targets: int = 10  # training images that are walked to

    def __call__(self, on: Subject) -> Findings:
        density, at, rows = known_detector(on, self.gamma, USABLE)
        attacks, (x, y) = self.attacks(density, at[USABLE]), on.dataset.test[: on.n]
        state = correct(on.model, x, y).cpu(), torch.zeros(len(x)), torch.zeros(len(x))
        for (name, eps), attack in attacks.items():
            state = surviving(on, f"{name} at {eps:g}", attack, (x, y), state)
            columns: dict[str, Any] = {"attack": name, "norm": "Linf", "eps": eps, "steps": self.steps}
            columns |= {"restarts": 2 if name == TURNS else None, "defense": DENSITY, "false_positives": USABLE}
            rows.append(accuracy_row(Outcome(*state, 0.0), seconds=None, **columns))
        return Findings(rows, {f"{name} {eps:g}": attack for (name, eps), attack in attacks.items()})

    def attacks(self, density: KernelDensity, threshold: float) -> dict[tuple[str, float], Attack]:
        """By name and radius, the smallest first; the second of each radius meets what survives the first."""
        found: dict[tuple[str, float], Attack] = {}
        for eps in sorted(self.radii):
            turns = DetectorAwarePGD(density, threshold, eps, self.steps, restarts=2, precision="fast")
            found |= {
                (TURNS, eps): turns,
                (BOTH, eps): feature_matching(density, threshold, eps, self.steps, self.targets),
            }
        return found


def surviving(
    on: Subject,
    label: str,
    attack: Attack,
    data: tuple[Images, Labels],
    state: tuple[Tensor, Tensor, Tensor],  # what survived so far, and how far the rest was moved (L-infinity, L2)
) -> tuple[Tensor, Tensor, Tensor]:
    """What survives one more attack. What a smaller ball or an earlier attack has broken is not attacked again."""
    alive, linf, l2 = (t.clone() for t in state)
    rows = alive.nonzero()[:, 0]
    if len(rows) == 0:
        return alive, linf, l2
    x, y = (part[rows.to(part.device)] for part in data)
    found = craft(on.model, label, attack, (x, y), on.folder, seed=on.seed).outcome
    alive[rows] = found.correct
    broken = rows[~found.correct]
    linf[broken], l2[broken] = found.linf[~found.correct], found.l2[~found.correct]
    return alive, linf, l2
