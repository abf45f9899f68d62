"""Each detector of the chapter, and two at once, against an attacker who knows it: three verdicts at every radius."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from robustlib.attacks import PGD, DetectorAwarePGD, threshold_at
from robustlib.chapters.reverse_cross_entropy.adaptive import TURNS, surviving
from robustlib.chapters.reverse_cross_entropy.detector_scores import CHOSEN, GAMMAS
from robustlib.chapters.reverse_cross_entropy.known_detector import DENSITY, IMAGES, USABLE
from robustlib.detectors import NonMaximalEntropy, choose_gamma
from robustlib.evaluation.verdicts import correct
from robustlib.experiments.adversarial_examples import craft
from robustlib.experiments.densities import fitted_density
from robustlib.experiments.detector_rows import clean_row, detector_scores, share_row
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.rows import Row, pack
from robustlib.interfaces import Attack, Detector, Images, PerExample
from robustlib.losses import margin

NON_ME = "non-ME"
TOGETHER = "non-ME and K-density, chosen gamma"
METRICS = {"right": "accuracy", "rejected": "detected", "fooled": "undetected"}  # verdict -> the metric of its row


@dataclass(frozen=True, eq=False)
class AllOf:
    r"""Several detectors as one: an image is as normal as the least content of them finds it.

    .. math:: s(x) = \min_j \frac{s_j(x) - m_j}{m_j - q_j}, \quad m_j \text{ the median of } s_j \text{ on clean images,
              } q_j \text{ its 5 % quantile}

    Each score counts in units of its own spread, so that one threshold suits all. Raises: ValueError unless there is a
    detector, with a middle and a spread above 0 for each.
    """

    detectors: tuple[Detector, ...]
    middles: tuple[float, ...]
    spreads: tuple[float, ...]  # > 0

    def __post_init__(self) -> None:
        counts = {len(self.detectors), len(self.middles), len(self.spreads)}
        if counts != {len(self.detectors) or 1} or not all(s > 0 for s in self.spreads):
            found = f"{len(self.detectors)} detectors, middles {self.middles}, spreads {self.spreads}"
            raise ValueError(f"a detector, its middle and its spread > 0 belong together, got {found}")

    @classmethod
    def fit(cls, detectors: Sequence[Detector], x: Images) -> "AllOf":
        """The middle and the spread of each on clean images. Raises: as the class, where half of the scores agree."""
        scores = [detector_scores(detector, x).double() for detector in detectors]
        at = [s.quantile(torch.tensor([0.05, 0.5], dtype=torch.float64)).tolist() for s in scores]
        return cls(tuple(detectors), tuple(m for _, m in at), tuple(m - q for q, m in at))

    def score(self, x: Images) -> PerExample:
        """Shapes: (n, c, h, w) -> (n,). Higher is more normal."""
        parts = zip(self.detectors, self.middles, self.spreads, strict=True)
        return torch.stack([(d.score(x) - middle) / spread for d, middle, spread in parts]).amin(0)


@dataclass(frozen=True)
class EveryDetector:
    """One network, guarded by each detector in turn at 5 % false positives, against detector-aware PGD on it.

    Of each image: *fooled* where it was misread and accepted, or misread when clean; *right* where it was not fooled,
    is accepted when clean, and margin PGD in the same ball does not have it misread either; else *rejected*.
    """

    gamma: float  # of the kernel density, as printed for this loss
    radii: tuple[float, ...]  # L-infinity, pixel units of [0, 1]
    steps: int = 200
    restarts: int = 2
    margin_steps: int = 100

    def __call__(self, on: Subject) -> Findings:
        x, y = on.dataset.test[: on.n]
        before, made = correct(on.model, x, y).cpu(), dict[str, Attack]()
        reads, rows = dict[float, Tensor](), [clean_row(before)]
        for eps in sorted(self.radii):
            name, last = f"margin PGD at {eps:g}", next(reversed(reads.values()), before)
            made[name] = PGD(eps, self.margin_steps, eps / 20, loss=margin, stop_early=True, precision="fast")
            reads[eps] = last & craft(on.model, name, made[name], (x, y), on.folder, seed=on.seed).outcome.correct
        for defense, detector in self.detectors(on).items():
            threshold = threshold_at(detector, on.dataset.thresholds[:][0], USABLE)
            rows.append(Row("threshold", threshold, defense=defense, false_positives=USABLE, images=IMAGES[USABLE]))
            accepted, state = (
                detector_scores(detector, x) >= threshold,
                (before, torch.zeros(len(x)), torch.zeros(len(x))),
            )
            for eps in sorted(self.radii):
                name = f"{TURNS} on {defense} at {eps:g}"
                made[name] = DetectorAwarePGD(
                    detector, threshold, eps, self.steps, restarts=self.restarts, precision="fast"
                )
                state = surviving(on, name, made[name], (x, y), state)
                columns: dict[str, Any] = {"attack": TURNS, "norm": "Linf", "eps": eps, "steps": self.steps}
                columns |= {"restarts": self.restarts, "defense": defense, "false_positives": USABLE}
                rows += verdict_rows(state[0], reads[eps] & accepted, **columns)
        return Findings(rows, made)

    def detectors(self, on: Subject) -> dict[str, Detector]:
        """By name: the density at both gammas, non-ME, and the last two at once."""
        density = fitted_density(on.network, on.model, on.dataset, self.gamma, on.seed)
        chosen, non_me = (
            density.at(choose_gamma(density, on.dataset.choices, GAMMAS).gamma),
            NonMaximalEntropy(on.model),
        )
        both = AllOf.fit((non_me, chosen), on.dataset.choices[:][0])
        return {DENSITY: density, CHOSEN: chosen, NON_ME: non_me, TOGETHER: both}


def verdict_rows(unfooled: Tensor, reads: Tensor, **columns: Any) -> list[Row]:
    """The share of each verdict, with the fate of every image: unfooled and read right, unfooled, or neither."""
    fates = {"right": unfooled & reads, "rejected": unfooled & ~reads, "fooled": ~unfooled}
    return [
        share_row(METRICS[verdict], int(fate.sum()), len(fate), bits=pack(fate), **columns)
        for verdict, fate in fates.items()
    ]
