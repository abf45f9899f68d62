"""The standard suite: the same named attacks on the same images for every network of the book."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn

from robustlib.attacks import FGSM, PGD, AutoAttack, Noise
from robustlib.evaluation import Outcome, under_attack, worst_case
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.rows import Row, accuracy_row
from robustlib.interfaces import Attack
from robustlib.losses import margin

IMAGES = {"mnist": (500, 200), "cifar10": (200, 100), "cifar100": (200, 100)}  # and of them under AutoAttack
CHEAP = ("noise", "FGSM", "margin PGD")
WORST = "worst case of the suite"


def as_trained(on: Subject) -> nn.Module:
    """The network itself."""
    return on.model


@dataclass(frozen=True)
class StandardSuite:
    """Clean, noise, FGSM and PGD on the margin on the first images, AutoAttack whole on fewer, at each radius.

    "worst case of the suite" is the per-image worst of all four attacks over the images of AutoAttack: the same attacks
    on the same images in every row of every table.
    """

    radii: tuple[float, ...]  # L-infinity, pixel units of [0, 1]; two or three, which the chapter names
    target: Callable[[Subject], nn.Module] = as_trained  # what is attacked: the network, or how it is read
    defense: str = ""  # how that reading is called in the rows
    images: int | None = None  # None: as IMAGES has it for the data set
    whole: int | None = None  # of AutoAttack

    def attacks(self, eps: float) -> dict[str, Attack]:
        """The four by name."""
        return {
            "noise": Noise(eps),
            "FGSM": FGSM(eps),
            "margin PGD": PGD(eps, 100, eps / 20, loss=margin, stop_early=True, precision="fast"),
            "AutoAttack": AutoAttack(eps, precision="fast"),
        }

    def __call__(self, on: Subject) -> Findings:
        target = self.target(on).eval()
        most, few = (a or b for a, b in zip((self.images, self.whole), IMAGES[on.dataset.name], strict=True))
        x, y = on.dataset.test[: min(most, on.n)]
        few = min(few, len(x))
        rows: list[Row] = []
        made: dict[str, Attack] = {}
        for eps in self.radii:
            attacks = self.attacks(eps)
            cheap = {name: attacks[name] for name in CHEAP}
            rest = {name: attack for name, attack in attacks.items() if name not in cheap}
            path, data = str(on.folder / f"standard-{eps:.6g}"), (x[:few], y[:few])
            found = under_attack(target, cheap, (x, y), seed=on.seed, checkpoint=path + "-most.pt")
            strong = under_attack(target, rest, data, seed=on.seed, batch=50, checkpoint=path + "-few.pt")
            if not rows:
                rows.append(self.row(found["clean"]))
            every = {name: first(found[name], few) for name in cheap} | {name: strong[name] for name in rest}
            outcomes = {name: found[name] for name in cheap} | {name: strong[name] for name in rest}
            for name, outcome in (outcomes | {WORST: worst_case(every)}).items():
                columns: dict[str, Any] = {"attack": name, "norm": "Linf", "eps": eps}
                rows.append(self.row(outcome, steps=getattr(attacks.get(name), "steps", None), **columns))
            made |= {f"{name} {eps:g}": attack for name, attack in attacks.items()}
        return Findings(rows, made)

    def row(self, outcome: Outcome, **columns: Any) -> Row:
        """One of its rows."""
        return accuracy_row(outcome, defense=self.defense, **columns)


def first(outcome: Outcome, n: int) -> Outcome:
    """What became of the first n images."""
    return Outcome(outcome.correct[:n], outcome.linf[:n], outcome.l2[:n], outcome.seconds, outcome.draws)
