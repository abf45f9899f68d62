"""DunDi attacked itself: the attacks A1 to A4 on the oracle classifier, and the same radii on the plain network."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from robustlib.attacks import PGD, FeatureMatching, Noise, Restarts, Square, Transfer
from robustlib.evaluation import under_attack, worst_case, zero_gradient_share
from robustlib.experiments.checkpoints import load_model
from robustlib.experiments.experiment import Experiment, Measured
from robustlib.experiments.heads import features_of
from robustlib.experiments.oracle_rules import N, oracle_head
from robustlib.interfaces import Attack, Features, Labels
from robustlib.losses import cross_entropy, margin
from robustlib.models import Classifier, NearestOracles, draw_oracles


def climb(eps: float, loss: Any = margin, restarts: int = 5) -> Attack:
    """PGD, 100 steps of eps / 20 from random starts; an image is left at its first success."""
    return Restarts(PGD(eps, 100, eps / 20, loss=loss, stop_early=True, precision="fast"), restarts)


def deep(eps: float) -> Attack:
    """One such climb to its end, for images that are handed to another model, whose border is elsewhere."""
    return PGD(eps, 100, eps / 20, loss=margin, precision="fast")


@dataclass(frozen=True)
class OraclesLeft:
    """Measures one distance network with its two-step classifier, on one draw of the oracles."""

    native: Experiment  # the softmax network of the transfer
    radii: tuple[float, ...] = (0.1, 0.2, 0.3)  # L-infinity, pixel units of [0, 1]
    queries: int = 1000  # of Square
    restarts: int = 5
    unknown: int = 5  # draws that A3 averages over, none of them the classifier's

    def __call__(self, model: Classifier, dataset: Any, n: int, folder: Path) -> Measured:
        classes, device = len(dataset.classes), next(model.parameters()).device
        z, y = features_of(model, dataset.train, len(dataset.train))
        target = Classifier(model.body, oracle_head(z, y, classes)).eval()
        smooth = Classifier(model.body, oracle_head(z, y, classes, rule="exact")).eval()
        others = [draw_oracles(z, y, N, draw) for draw in range(1, self.unknown + 1)]
        z_others, y_others = (torch.cat(parts) for parts in zip(*others, strict=True))
        blind = Classifier(model.body, NearestOracles(z_others, y_others, classes))
        native = load_model(self.native, 0, device)
        data = dataset.test[:n]
        outcomes: dict[str, Any] = {}
        attacks: dict[str, Attack] = {}
        for eps in self.radii:
            plans = self.plans(eps, smooth, blind.eval(), native, draw_oracles(z, y, N, 0))
            named = {f"{name} at {eps:g}": attack for name, attack in plans.items()}
            found = under_attack(target, named, data, progress=True, checkpoint=folder / f"{eps:g}.pt")
            outcomes |= found | {f"worst case at {eps:g}": worst_case(found)}
            attacks |= named
        few = (data[0][:500], data[1][:500])
        zero = {loss.__name__: zero_gradient_share(smooth, *few, loss) for loss in (cross_entropy, margin)}
        return Measured(outcomes, {"zero gradients": zero}, attacks)

    def plans(
        self, eps: float, smooth: Classifier, blind: Classifier, native: Classifier, oracles: tuple[Features, Labels]
    ) -> dict[str, Attack]:
        """The attacks at one radius. Gradients come from the exact rule; what counts is the two-step one."""
        exact = Transfer(smooth, climb(eps, restarts=self.restarts))
        z, y = oracles
        return {
            "noise": Noise(eps),
            "cross-entropy on distances": Transfer(smooth, climb(eps, cross_entropy, self.restarts)),
            "A1 margin of distances": exact,
            "A1 through both steps": climb(eps, restarts=self.restarts),
            "A2 to the oracles": FeatureMatching(z, eps, 100, alpha=eps / 20, labels=y, targets=18, precision="fast"),
            "A3 without the database": Transfer(blind, deep(eps)),
            "A4 Square": Square(eps, self.queries, precision="fast"),
            "A4 from the native network": Transfer(native, deep(eps)),
        }


@dataclass(frozen=True)
class NativeLeft:
    """The control: the softmax network under the same climb at the same radii."""

    radii: tuple[float, ...] = (0.1, 0.2, 0.3)
    restarts: int = 5

    def __call__(self, model: Classifier, dataset: Any, n: int, folder: Path) -> Measured:
        attacks: dict[str, Attack] = {}
        for eps in self.radii:
            attacks |= {f"noise at {eps:g}": Noise(eps), f"margin PGD at {eps:g}": climb(eps, restarts=self.restarts)}
        found = under_attack(model, attacks, dataset.test[:n], progress=True, checkpoint=folder / "native.pt")
        return Measured(found, {}, attacks)
