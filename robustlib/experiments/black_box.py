"""Detectors against attackers who have another network (Pang et al. 2018, section 4.5): table 4, and the attack R3."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from robustlib.attacks import DetectorAwarePGD, evades, threshold_at
from robustlib.detectors import KernelDensity
from robustlib.evaluation import Outcome
from robustlib.evaluation.verdicts import correct
from robustlib.experiments.adaptive import Adaptive
from robustlib.experiments.checkpoints import load_stored
from robustlib.experiments.crafting import Crafted, craft
from robustlib.experiments.densities import fitted_density
from robustlib.experiments.experiment import Measured
from robustlib.experiments.halves import for_thresholds
from robustlib.experiments.results import checkpoint_path
from robustlib.experiments.scoring import auc_of, pair, scored, share
from robustlib.experiments.white_box import ALLOWED, WhiteBox
from robustlib.files import sha256
from robustlib.interfaces import Attack
from robustlib.models import Classifier


@dataclass(frozen=True)
class BlackBox:
    """Measures one target: images made against substitutes and their detectors are handed over as they are."""

    network: str  # the experiment of the target
    gamma: float  # of the target's kernel density
    radii: tuple[float, ...]  # L-infinity, of R3, pixel units of [0, 1], the largest last
    substitutes: Mapping[str, tuple[Any, WhiteBox, Adaptive]]  # experiment -> (its network, how it was attacked)
    searched: int = 100  # images of C&W-wb
    seed: int = 0  # of the substitutes

    def __call__(self, model: Classifier, dataset: Any, n: int, folder: Path) -> Measured:
        density = fitted_density(self.network, model, dataset, self.gamma)
        held_out = scored(density, for_thresholds(dataset)[:][0])
        usable = threshold_at(density, for_thresholds(dataset)[:][0], ALLOWED)
        outcomes: dict[str, Outcome] = {}
        facts: dict[str, Any] = {"gamma": self.gamma, "usable": usable, "transfer": {}}
        for name, (network, known, close) in self.substitutes.items():
            path = checkpoint_path(name, self.seed)
            source = load_stored(network().to(next(model.parameters()).device).eval(), name, self.seed)
            own = fitted_density(name, source, dataset, known.gamma, self.seed)
            median = threshold_at(own, dataset.train[:2000][0], 0.5)
            bound = threshold_at(own, for_thresholds(dataset)[:][0], ALLOWED)
            printed, own_folder = "C&W-wb as printed", f"{name}-white-box-{sha256(path)[:8]}-{self.searched}"
            attacks = {  # the first are the images of the substitute's own survey; all serve every target
                "C&W-wb": (printed, known.searches(own, median, bound)[printed], dataset.test[: self.searched]),
                **{k: (f"{k} on {n}", a, dataset.test[:n]) for k, a in self.deep(close, own, median, bound).items()},
            }
            for label, (stored, attack, data) in attacks.items():
                made = craft(source, stored, attack, data, folder.parent / own_folder, batch=50)
                x, y = data
                before, after = correct(model, x, y).cpu(), correct(model, made.x_adv, y).cpu()
                sent = made.fooled & before  # it fools the substitute, and the target was right
                hits = sent & ~after
                through = evades(model, density, usable, made.x_adv, y).cpu() & sent
                outcomes[f"{label} from {name}"] = Outcome(before & after, made.outcome.linf, made.outcome.l2, 0.0)
                moved = Crafted(x, y, made.x_adv, before, outcomes[f"{label} from {name}"])
                facts["transfer"][f"{label} from {name}"] = {
                    "sent": int(sent.sum()),
                    "wrong": share(int(hits.sum()), int(sent.sum())),
                    "wrong and accepted": share(int(through.sum()), int(sent.sum())),
                    "detection": pair(density, moved, held_out).record(),
                    "auc": auc_of(density, moved),
                }
        right = correct(model, *dataset.test[:n]).cpu()
        outcomes["clean"] = Outcome(right, *(torch.zeros(n),) * 2, 0.0)
        return Measured(outcomes, facts, {})

    def deep(self, close: Adaptive, own: KernelDensity, median: float, usable: float) -> dict[str, Attack]:
        """R3: the two forms of R2 on a substitute and its density.

        By turns up to the density of a typical image, since what only just passes one detector does not pass another.
        """
        found: dict[str, Attack] = {}
        for eps in self.radii:
            turns = DetectorAwarePGD(own, median, eps, close.climbed, precision="fast")
            found[f"R3 by turns at {eps:g}"] = turns
        far = self.radii[-1]
        return found | {f"R3 to features at {far:g}": close.climbs(own, usable, far)["and R2"]}
