"""C&W-wb taken apart: its start, the classes that it aims at, and the threshold, one changed at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from robustlib.attacks import DDN, DetectorAwareCW, Relabel, random_class
from robustlib.chapters.reverse_cross_entropy.known_detector import MEDIAN, USABLE, known_detector
from robustlib.chapters.reverse_cross_entropy.white_box import detected_rows
from robustlib.experiments.adversarial_examples import craft
from robustlib.experiments.measurement import Findings, Subject
from robustlib.interfaces import Attack, Detector

IMAGE, BEYOND = "at the image", "beyond the boundary"  # where the search starts
RANDOM, LIKELY = "one random class", "three likely classes"


@dataclass(frozen=True)
class SearchParts:
    """One network with its kernel density: what stays detected under every start, aim and threshold but the pair that
    is in `WhiteBox` already, `BEYOND` with `LIKELY`. The budget for each c and class is that of its tuned search.
    """

    gamma: float  # of the kernel density, as printed for this loss
    binary_search_steps: int = 5
    steps: int = 150  # for each c and class
    targets: int = 3  # of `LIKELY`

    def __call__(self, on: Subject) -> Findings:
        density, at, rows = known_detector(on, self.gamma, MEDIAN, USABLE)
        searches, data = self.searches(density, at), on.dataset.test[: on.n]
        for (name, share), attack in searches.items():
            made = craft(on.model, f"{name}, {share:g}", attack, data, on.folder, seed=on.seed, batch=50)
            rows += detected_rows(made, {}, attack=name, norm="L2", steps=self.steps, false_positives=share)
        return Findings(rows, {f"{name}, {share:g}": attack for (name, share), attack in searches.items()})

    def searches(self, density: Detector, at: Mapping[float, float]) -> dict[tuple[str, float], Attack]:
        """By start and aim, and by what the threshold rejects."""
        warm, found = DDN(50, precision="fast"), dict[tuple[str, float], Attack]()
        for share in (MEDIAN, USABLE):
            budget: dict[str, Any] = {"binary_search_steps": self.binary_search_steps, "steps": self.steps, "c": 1.0}
            budget |= {"detector": density, "threshold": at[share]}
            one = DetectorAwareCW(**budget, targeted=True)
            beyond = replace(one, warm_start=replace(warm, targeted=True))
            found |= {
                (f"{IMAGE}, {RANDOM}", share): Relabel(one, random_class),
                (f"{BEYOND}, {RANDOM}", share): Relabel(beyond, random_class),
                (f"{IMAGE}, {LIKELY}", share): DetectorAwareCW(**budget, targets=self.targets),
            }
        return found
