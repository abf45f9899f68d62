"""Attacks crafted once on the undefended target, as tables may mean them, and on the network as it is, side by side."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from robustlib.attacks import BIM, FGSM, ILCM, CarliniWagnerLinf
from robustlib.datasets import Split
from robustlib.describe import describe, weights_hash
from robustlib.evaluation import Outcome, under_attack
from robustlib.experiments import Findings, Subject
from robustlib.experiments.attack_rows import accuracy_rows, attacked
from robustlib.experiments.checkpoints import load_model
from robustlib.experiments.results import runs_folder
from robustlib.interfaces import Attack
from robustlib.precision import settled
from robustlib.source import fingerprint_of
from robustlib.training import craft_sets

CW = "C&W"


@dataclass(frozen=True)
class StaticAndAdaptive:
    """The supplement's attacks, twice: the images of the undefended target as they are, and new ones on this network.

    Static rows name in `source` the network that they were crafted on. Images that the network misreads before the
    attack count as wrong in both. Clean accuracy is of all test images.
    Source: Li et al. 2019, figures 1 and 2; C&W with 400 steps for one c where the supplement has 1000 for each of
    eleven, which differ by scale only where every iterate is projected.
    """

    source: str  # the undefended target, an experiment
    eps: float  # L-infinity, pixel units of [0, 1]
    few: int = 500  # images under C&W
    steps: int = 400  # of it

    def attacks(self) -> dict[str, Attack]:
        """By name."""
        return {
            "FGSM": FGSM(self.eps), "LL": ILCM(self.eps, 1), "I-FGSM": BIM(self.eps, 10), "I-LL": ILCM(self.eps, 10),
            CW: CarliniWagnerLinf(self.eps, self.steps, c=1.0, abort_early=False, precision="fast"),
        }  # fmt: skip

    def __call__(self, on: Subject) -> Findings:
        test, attacks = on.dataset.test, self.attacks()
        undefended = on.model if on.network == self.source else load_model(self.source, on.seed, test.x.device)
        rows = accuracy_rows(under_attack(on.model, {}, test, seed=on.seed), {})
        for name, attack in attacks.items():
            part = test.subset(slice(0, min(on.n, len(test), self.few if name == CW else on.n)))
            one = {name: attack}
            adaptive = attacked(on, one, f"adaptive {name.replace('&', '')}", n=len(part))
            rows += accuracy_rows({name: adaptive[name]}, one)
            if on.network != self.source:
                static = handed_over(on, part, adaptive["clean"], one, self.source, undefended)
                rows += accuracy_rows({name: static}, one, source=self.source)
        return Findings(rows, attacks)


def handed_over(
    on: Subject, part: Split, clean: Outcome, attack: dict[str, Attack], source: str, undefended: nn.Module
) -> Outcome:
    """What becomes of images that were crafted on another network, once for all that are compared."""
    folder = set_folder(attack, source, undefended, part, on.seed)
    (x_adv,) = craft_sets(attack, {source: undefended}, part, folder, seed=on.seed, progress=False).sets.values()
    x, y = part[:]
    found = under_attack(on.model, {}, (x_adv, y), seed=on.seed)["clean"]
    moved = (x_adv - x).flatten(1)
    right = found.correct & clean.correct
    return Outcome(right, moved.abs().amax(1).cpu(), moved.norm(dim=1).cpu(), found.seconds)


def set_folder(attack: dict[str, Attack], source: str, model: nn.Module, part: Split, seed: int) -> Path:
    """Where such images are kept: under what they are of, so that edited code or other weights make new ones."""
    said = [source, settled(describe(attack), part.x.device), weights_hash(model), part.sha256, seed]
    text = json.dumps([*said, fingerprint_of(*attack.values(), model)], sort_keys=True)
    return runs_folder() / "crafted" / hashlib.sha256(text.encode()).hexdigest()[:16]
