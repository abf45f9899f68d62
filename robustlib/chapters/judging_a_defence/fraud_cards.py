"""The frauds measured: each under the attack that it fools and under one that it does not, and before the card."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from robustlib.chapters.judging_a_defence.frauds import (
    DETECTOR,
    FRAUDS,
    HONEST,
    evaluation_of,
    laid_over,
    radius,
)
from robustlib.evaluation import frauds, wilson
from robustlib.evaluation.card.variations import at_radius
from robustlib.evaluation.report_card import report_card
from robustlib.experiments.attack_rows import accuracy_rows, attacked
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.rows import Row
from robustlib.interfaces import Attack


@dataclass(frozen=True)
class AttackedFrauds:
    """Robust accuracy of each fraud over eps, under the attack that it fools and under one that it does not.

    Steps scale with eps, as the card does it. The network itself is there under the honest attack, as `defense=""`.
    """

    radii: tuple[float, ...]  # L-infinity, pixel units of [0, 1]; 1 is the whole box
    frauds: tuple[str, ...] = tuple(FRAUDS)

    def __call__(self, on: Subject) -> Findings:
        rows: list[Row] = []
        said: dict[str, Attack] = {}
        for name in ("", *self.frauds):
            ways: dict[str, Attack] = {"PGD on the margin": HONEST}
            if name:
                ways = {"PGD": FRAUDS[name].fooled, FRAUDS[name].known_as: FRAUDS[name].knowing}
            for eps in self.radii:
                attacks = {how: at_radius(attack, eps) for how, attack in ways.items()}
                found = attacked(on, attacks, f"{name} {eps:g}", model=laid_over(name, on.model))
                if eps != self.radii[0]:
                    found.pop("clean")
                rows += accuracy_rows(found, attacks, defense=name, norm="Linf", eps=eps)
                said |= {f"{name} {how} {eps:g}".strip(): attack for how, attack in attacks.items()}
        return Findings([_clean(row) for row in rows], said)


def _clean(row: Row) -> Row:
    """A row without an attack has no radius."""
    return row if row.attack else replace(row, norm="", eps=None)


@dataclass(frozen=True)
class FraudCards:
    """A report card for each of these names and each of several sets of digits, one row a card.

    The value is what the evaluation leaves standing; the verdicts hang on the row as the series `checks`, in the order
    of the card.
    """

    names: tuple[str, ...]
    size: int = 50  # images of a set
    sets: int = 3
    settings: tuple[tuple[str, Any], ...] = ()  # further ones of the card: (("queries", 300), ...)

    def __call__(self, on: Subject) -> Findings:
        rows = []
        for name in self.names:
            for k in range(self.sets):
                rows.append(self._card(on, name, k))
        attacks = {f"{name} {how}": attack for name in self.names for how, attack in evaluation_of(name).items()}
        return Findings(rows, attacks)

    def _card(self, on: Subject, name: str, k: int) -> Row:
        first = k * self.size
        more: dict[str, Any] = dict(self.settings)
        if name == DETECTOR:
            more |= {"detector": frauds.RejectsEverything(), "threshold": frauds.RejectsEverything.threshold}
        card = report_card(
            laid_over(name, on.model),
            on.dataset.test[first : first + self.size],
            evaluation_of(name),
            radius(name),
            seed=on.seed + k,
            progress=True,
            checkpoint=on.folder / f"{name.replace(' ', '-')}-{k}.pt",
            **more,
        )
        hits = round((card.robust or 0.0) * card.n)
        low, high = wilson(hits, card.n)
        checks: Sequence[dict[str, Any]] = [
            {"name": c.name, "verdict": c.verdict, "measured": c.measured, "passes": round(c.passes, 1)}
            for c in card.checks
        ]
        images, said = f"{first} to {first + card.n - 1}", {"checks": checks, "passes": round(card.passes)}
        columns: dict[str, Any] = {"defense": name, "attack": "the evaluation", "norm": "Linf", "eps": radius(name)}
        return Row("accuracy", hits / card.n, card.n, low, high, images=images, series=said, **columns)
