"""DunDi attacked itself: adaptive attacks on the oracle classifier, and the same radii on the plain network."""

from dataclasses import dataclass, replace
from typing import Any

import torch

from robustlib.attacks import PGD, FeatureMatching, Noise, Restarts, Square, Transfer
from robustlib.chapters.dundi.oracles import N, oracle_head, read_by
from robustlib.chapters.dundi.source_images import said
from robustlib.evaluation import worst_case, zero_gradient_share
from robustlib.experiments.attack_rows import accuracy_rows, attacked
from robustlib.experiments.checkpoints import load_model
from robustlib.experiments.features import features_of
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.rows import Row
from robustlib.interfaces import Attack, Features, Labels
from robustlib.losses import cross_entropy, margin
from robustlib.models import Classifier, NearestOracles, draw_oracles

# By the loss that they climb; gradients come from the exact rule.
ON_DISTANCES = {cross_entropy: "cross-entropy PGD on distances", margin: "margin PGD on distances"}
TRANSFERRED = "margin PGD"  # made on the native network, the column `source`


def climb(eps: float, loss: Any = margin, restarts: int = 5) -> Attack:
    """PGD, 100 steps of eps / 20 from random starts; an image is left at its first success."""
    return Restarts(PGD(eps, 100, eps / 20, loss=loss, stop_early=True, precision="fast"), restarts)


def on_distances(smooth: Classifier, eps: float, loss: Any = margin, restarts: int = 5) -> Attack:
    """The same on a classifier of the exact rule, whatever rule decides: it has a gradient everywhere."""
    return Transfer(smooth, climb(eps, loss, restarts))


def to_oracles(eps: float, z: Features, y: Labels) -> Attack:
    """The embedding walks to the nearest oracles of other classes, two of each class."""
    return FeatureMatching(z, eps, 100, alpha=eps / 20, labels=y, targets=18, precision="fast")


@dataclass(frozen=True)
class OracleWhiteBox:
    """Measures one distance network with its two-step classifier, on one draw of the oracles."""

    native: str  # the softmax network of the transfer
    radii: tuple[float, ...] = (0.1, 0.2, 0.3)  # L-infinity, pixel units of [0, 1]
    queries: int = 1000  # of Square
    restarts: int = 5
    unknown: int = 5  # draws that the attacker without the database averages over, none of them the classifier's

    def __call__(self, on: Subject) -> Findings:
        classes, device = len(on.dataset.classes), next(on.model.parameters()).device
        z, y = features_of(on.model, on.dataset.train, len(on.dataset.train))
        target = Classifier(on.model.body, oracle_head(z, y, classes)).eval()
        smooth = Classifier(on.model.body, oracle_head(z, y, classes, rule="exact")).eval()
        others = [draw_oracles(z, y, N, draw) for draw in range(1, self.unknown + 1)]
        z_others, y_others = (torch.cat(parts) for parts in zip(*others, strict=True))
        blind = Classifier(on.model.body, NearestOracles(z_others, y_others, classes)).eval()
        native = load_model(self.native, on.seed, device=device)
        rows: list[Row] = []
        made: dict[str, Attack] = {}
        for eps in self.radii:
            plans = self.plans(eps, smooth, blind, native, draw_oracles(z, y, N, 0))
            found = attacked(on, plans, f"{eps:g}", model=target)
            inner = {name: plan.attack if isinstance(plan, Transfer) else plan for name, plan in plans.items()}
            rows += accuracy_rows(found if not rows else {k: found[k] for k in plans}, inner, defense=read_by())
            worst = {"worst case": worst_case(found)}
            rows += accuracy_rows(worst, {}, norm="Linf", eps=eps, defense=read_by())
            made |= {said(name, eps): plan for name, plan in plans.items()}
        rows = [replace(row, source=self.native) if row.attack == TRANSFERRED else row for row in rows]
        x, y = on.dataset.test[: min(on.n, 500)]
        for loss, name in ON_DISTANCES.items():
            share = zero_gradient_share(smooth, x, y, loss)
            rows.append(Row("zero gradients", share, len(y), defense=read_by(rule="exact"), attack=name))
        return Findings(rows, made)

    def plans(
        self, eps: float, smooth: Classifier, blind: Classifier, native: Classifier, oracles: tuple[Features, Labels]
    ) -> dict[str, Attack]:
        """The attacks at one radius. What counts is the answer of the two-step rule."""
        deep = PGD(eps, 100, eps / 20, loss=margin, precision="fast")  # to its end: another model's border is elsewhere
        exact = {name: on_distances(smooth, eps, loss, self.restarts) for loss, name in ON_DISTANCES.items()}
        return {
            "noise": Noise(eps),
            **exact,
            "margin PGD through both steps": climb(eps, restarts=self.restarts),
            "feature matching to the oracles": to_oracles(eps, *oracles),
            "margin PGD on unknown oracles": Transfer(blind, deep),
            "Square": Square(eps, self.queries, precision="fast"),
            TRANSFERRED: Transfer(native, deep),
        }


@dataclass(frozen=True)
class SoftmaxWhiteBox:
    """The control: the softmax network under the same climb at the same radii."""

    radii: tuple[float, ...] = (0.1, 0.2, 0.3)
    restarts: int = 5

    def __call__(self, on: Subject) -> Findings:
        rows: list[Row] = []
        made: dict[str, Attack] = {}
        for eps in self.radii:
            plans = self.plans(eps)
            found = attacked(on, plans, f"{eps:g}")
            rows += accuracy_rows(found if not rows else {name: found[name] for name in plans}, plans)
            made |= {said(name, eps): plan for name, plan in plans.items()}
        return Findings(rows, made)

    def plans(self, eps: float) -> dict[str, Attack]:
        """The attacks at one radius."""
        return {"noise": Noise(eps), "margin PGD": climb(eps, restarts=self.restarts)}
