"""The attacks of someone who knows the defence, on the network as it is: T1 and T2."""

from dataclasses import dataclass
from typing import Any

from robustlib.attacks import APGDT, PGD, Restarts, Square
from robustlib.chapters.at2l.triplet_attack import TripletPGD
from robustlib.evaluation import worst_case
from robustlib.experiments import Findings, Subject
from robustlib.experiments.attack_rows import accuracy_rows, attacked
from robustlib.gradient import clean_logits
from robustlib.interfaces import Attack
from robustlib.losses import cross_entropy, margin

WORST = "worst case"


@dataclass(frozen=True)
class Adaptive:
    """PGD on cross-entropy and on the margin, the triplet attack, APGD-T and Square; and their per-image worst.

    Source: in this book, attacks T1 and T2 on AT2L (Li et al. 2019).
    """

    eps: float  # L-infinity, pixel units of [0, 1]
    steps: int = 100  # of each climb, of eps / 20
    restarts: int = 5
    queries: int = 1000  # of Square
    negatives: int = 500  # training images whose logits the triplet attack is given

    def __call__(self, on: Subject) -> Findings:
        x, y = on.dataset.train[: self.negatives]
        logits = clean_logits(on.model, x, y).detach()
        climb: dict[str, Any] = {"steps": self.steps, "alpha": self.eps / 20, "stop_early": True, "precision": "fast"}
        attacks: dict[str, Attack] = {
            "PGD": Restarts(PGD(self.eps, loss=cross_entropy, **climb), self.restarts),
            "margin PGD": Restarts(PGD(self.eps, loss=margin, **climb), self.restarts),
            "triplet PGD": Restarts(TripletPGD(logits, y, self.eps, self.steps, self.eps / 20, "fast"), self.restarts),
            "APGD-T": APGDT(self.eps, self.steps, precision="fast"),
            "Square": Square(self.eps, self.queries, precision="fast"),
        }
        found = attacked(on, attacks, "adaptive")
        rows = accuracy_rows(found, attacks)
        return Findings(rows + accuracy_rows({WORST: worst_case(found)}, {}, norm="Linf", eps=self.eps), attacks)
