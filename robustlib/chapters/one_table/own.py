"""The attack of someone who knows the defence, on the images of the suite, and what it is handed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn

from robustlib.attacks import Restarts
from robustlib.chapters.one_table.methods import RADII
from robustlib.chapters.one_table.oracles import exact
from robustlib.evaluation import under_attack
from robustlib.experiments import Findings, Row, Subject, registry
from robustlib.experiments.features import features_of
from robustlib.experiments.rows import accuracy_row
from robustlib.experiments.standard_suite import as_trained
from robustlib.gradient import clean_logits
from robustlib.interfaces import Attack
from robustlib.models import WithPrototypes, class_means

TRAINING, NEGATIVES = 5000, 500  # first training images: for class means, and whose logits the triplet attack is given


def means(on: Subject) -> tuple[Any, ...]:
    """The mean embedding of each class."""
    return (class_means(*features_of(on.model, on.dataset.train, TRAINING), len(on.dataset.classes)),)


def prototypes(on: Subject) -> tuple[Any, ...]:
    """The points that training drew each class to. Raises: TypeError for a network without."""
    if not isinstance(on.model.head, WithPrototypes):
        raise TypeError(f"{on.network} has no prototypes beside its head: {on.model.head!r:.80}")
    return (on.model.head.prototypes.detach(),)


def negatives(on: Subject) -> tuple[Any, ...]:
    """The logits of training images, and their labels."""
    x, y = on.dataset.train[:NEGATIVES]
    return clean_logits(on.model, x, y).detach(), y


def smooth(on: Subject) -> tuple[Any, ...]:
    """The network by the exact rule."""
    return (exact(on),)


@dataclass(frozen=True)
class Own:
    """One adaptive attack at each radius, on every image."""

    attack: str  # by its name in the registry
    handed: Callable[[Subject], tuple[Any, ...]]  # what the attack is made from, beside the radius
    restarts: int = 1
    target: Callable[[Subject], nn.Module] = as_trained  # what is attacked: the network, or how it is read
    defense: str = ""  # how that reading is called in the rows
    radii: tuple[float, ...] = RADII

    def __call__(self, on: Subject) -> Findings:
        target, given, data = self.target(on).eval(), self.handed(on), on.dataset.test[: on.n]
        rows: list[Row] = []
        made: dict[str, Attack] = {}
        for eps in self.radii:
            attack = registry.attack(self.attack, *given, eps=eps)
            attack = Restarts(attack, self.restarts) if self.restarts > 1 else attack
            path = on.folder / f"own-{eps:g}.pt"
            found = under_attack(target, {self.attack: attack}, data, seed=on.seed, checkpoint=path)
            columns: dict[str, Any] = {"attack": self.attack, "norm": "Linf", "eps": eps, "defense": self.defense}
            rows.append(accuracy_row(found[self.attack], **columns))
            made[f"{self.attack} {eps:g}"] = attack
        return Findings(rows, made)
