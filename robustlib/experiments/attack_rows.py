"""Attacks on the first images of a measurement, and their outcomes as rows whose columns the attacks fill in."""

from collections.abc import Mapping
from typing import Any

from robustlib.attacks import Restarts
from robustlib.evaluation import Outcome, under_attack
from robustlib.experiments.measurement import Subject
from robustlib.experiments.rows import Row, accuracy_row
from robustlib.interfaces import Attack
from robustlib.models import Classifier


def attacked(
    on: Subject, attacks: Mapping[str, Attack], file: str, *, model: Classifier | None = None, n: int | None = None
) -> dict[str, Outcome]:
    """`under_attack` on the first test images, resumable from a file of this name; another model may take the place."""
    path = on.folder / f"{file.replace(' ', '-')}.pt"
    data = on.dataset.test[: on.n if n is None else min(n, on.n)]
    return under_attack(model or on.model, attacks, data, seed=on.seed, progress=True, checkpoint=path)


def attack_columns(attack: Attack | None) -> dict[str, Any]:
    """What an attack says of itself in a row: norm, eps, steps (queries, where it has no steps) and restarts."""
    inner = attack.attack if isinstance(attack, Restarts) else attack
    restarts = attack.n if isinstance(attack, Restarts) else getattr(inner, "restarts", None)
    norm, steps = getattr(inner, "norm", None), getattr(inner, "steps", getattr(inner, "queries", None))
    said = {"norm": norm and type(norm).__name__, "eps": getattr(inner, "eps", None)}
    return {k: v for k, v in (said | {"steps": steps, "restarts": restarts}).items() if v is not None}


def accuracy_rows(found: Mapping[str, Outcome], attacks: Mapping[str, Attack], **columns: Any) -> list[Row]:
    """A row for each outcome, by the attack's name; the outcome called "clean" is without an attack."""
    rows = []
    for name, outcome in found.items():
        own = attack_columns(attacks.get(name)) | columns
        rows.append(accuracy_row(outcome, attack="" if name == "clean" else name, **own))
    return rows
