"""What is left of each network under attackers who know how it was trained, beside the weak attack of its ablation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from robustlib.attacks import PGD, Restarts, Transfer
from robustlib.chapters.madnet.feature_attack import FeatureAttack
from robustlib.evaluation import worst_case
from robustlib.experiments.attack_rows import accuracy_rows, attacked
from robustlib.experiments.checkpoints import load_model
from robustlib.experiments.features import features_of
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.rows import Row
from robustlib.interfaces import Attack, Features, Labels, Means
from robustlib.losses import margin

FEATURE, MARGIN, WEAK, WORST = "feature attack on class means", "margin PGD", "PGD-10", "worst case"

# L-infinity, pixel units of [0, 1]: of the standard suite, too, so that a worst case can be taken over both.
RADII = {"mnist": (0.1, 0.2), "cifar10": (1 / 255, 0.02), "cifar100": (1 / 255, 0.01)}


def transfer_from(label: str) -> str:
    """How a transfer is called in the rows: "transfer from CE + smoothing"."""
    return f"transfer from {label}"


@dataclass(frozen=True)
class Adaptive:
    """Each attack by itself on all images, and "worst case", per image the worst of all of them, at each radius.

    Its twins are the networks trained without a term, from the same start on the same pairs: where they err, so may it.
    """

    radii: tuple[float, ...]  # L-infinity, pixel units of [0, 1]
    twins: Mapping[str, str] = field(default_factory=dict)  # experiment -> how its training is called
    steps: int = 40  # towards a class mean
    finish: int = 20  # margin steps after them
    climb: int = 100  # steps of margin PGD; the transfers take half as many
    restarts: int = 2  # of margin PGD
    targets: int = 9  # classes that are walked to
    training: int = 5000  # first training images, of which the means are

    def __call__(self, on: Subject) -> Findings:
        device = next(on.model.parameters()).device
        twins = {name: load_model(name, on.seed, device) for name in self.twins}
        means = class_means(*features_of(on.model, on.dataset.train, self.training), len(on.dataset.classes))
        rows: list[Row] = []
        made: dict[str, Attack] = {}
        for eps in self.radii:
            attacks = self.attacks(eps, means, twins)
            found = attacked(on, attacks, f"{eps:.6g}")
            sources = {transfer_from(label): name for name, label in self.twins.items()}
            clean = found.pop("clean")
            if not rows:
                rows += accuracy_rows({"clean": clean}, {})
            for name, outcome in found.items():
                columns: dict[str, Any] = {"source": sources.get(name, ""), "norm": "Linf", "eps": eps}
                rows += accuracy_rows({name: outcome}, attacks, **columns)
            rows += accuracy_rows({WORST: worst_case(found)}, {}, norm="Linf", eps=eps)
            made |= {f"{name} {eps:g}": attack for name, attack in attacks.items()}
        return Findings(rows, made)

    def attacks(self, eps: float, means: Means, twins: Mapping[str, nn.Module]) -> dict[str, Attack]:
        """The attacks at one radius by name."""
        climb = PGD(eps, self.climb, eps / 20, loss=margin, stop_early=True, precision="fast")
        sent = PGD(eps, max(1, self.climb // 2), eps / 10, loss=margin, precision="fast")  # well beyond the boundary
        return {
            WEAK: PGD(eps, 10),
            MARGIN: Restarts(climb, self.restarts),
            FEATURE: FeatureAttack(means, eps, self.steps, self.finish, self.targets),
            **{transfer_from(label): Transfer(twins[name], sent) for name, label in self.twins.items()},
        }


def class_means(z: Features, y: Labels, classes: int) -> Means:
    """The mean embedding of each class, NaN where there is none. Shapes: (n, d), (n,) -> (classes, d)."""
    return torch.stack([z[y == c].mean(0) for c in range(classes)])
