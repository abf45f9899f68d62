"""Detectors against attackers who know them (Pang et al. 2018, section 4.4): table 3, and a tuned C&W."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from robustlib.attacks import DDN, CarliniWagnerWB, DetectorAwareCW, Relabel, random_class
from robustlib.chapters.reverse_cross_entropy.known_detector import DENSITY, MEDIAN, USABLE, known_detector
from robustlib.experiments.adversarial_examples import AdversarialExamples, craft
from robustlib.experiments.detector_rows import quantile_row, share_row
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.pictures import pictures
from robustlib.experiments.rows import Row, accuracy_row
from robustlib.interfaces import Attack, Detector

PRINTED, STABLE, TUNED = "C&W-wb as printed", "C&W-wb by log-sum-exp", "detector-aware C&W"


def detector_aware_cw(
    detector: Detector, threshold: float, *, binary_search_steps: int = 5, steps: int = 150, targets: int = 3
) -> Attack:
    """C&W on both, started beyond the boundary and aimed at the most likely wrong classes in turn."""
    return DetectorAwareCW(
        binary_search_steps, steps, c=1.0, warm_start=DDN(50, precision="fast"), targets=targets,
        detector=detector, threshold=threshold,
    )  # fmt: skip


@dataclass(frozen=True)
class WhiteBox:
    """One network with its kernel-density detector, at the paper's threshold and at a usable one."""

    gamma: float  # of the kernel density, as printed for this loss
    binary_search_steps: int = 5
    steps: int = 500  # of C&W-wb for each c; paper: 9 x 10,000
    targets: int = 3  # classes that the tuned search aims at
    tuned_steps: int = 150  # of it for each c and class
    median_images: int = 50  # of it at the printed threshold: to tell the attack from the threshold

    def __call__(self, on: Subject) -> Findings:
        density, at, rows = known_detector(on, self.gamma, MEDIAN, USABLE)
        searches = self.searches(density, at)
        for (name, share), attack in searches.items():
            data = on.dataset.test[: min(on.n, self.median_images) if (name, share) == (TUNED, MEDIAN) else on.n]
            made = craft(on.model, label(name, share), attack, data, on.folder, seed=on.seed, batch=50)
            # Images of CIFAR-10 are not ours to publish.
            shown = {"pictures": pictures(on.model, made)} if on.dataset.name == "mnist" else {}
            steps = self.tuned_steps if name == TUNED else self.steps
            rows += detected_rows(made, shown, attack=name, norm="L2", steps=steps, false_positives=share)
        return Findings(rows, {label(*key): attack for key, attack in searches.items()})

    def searches(self, density: Detector, at: Mapping[float, float]) -> dict[tuple[str, float], Attack]:
        """By name and by what the threshold rejects: C&W-wb as printed, without the exponential, and tuned."""
        budget: dict[str, Any] = {"binary_search_steps": self.binary_search_steps, "steps": self.steps, "c": 1.0}
        budget |= {"targeted": True, "detector": density, "threshold": at[MEDIAN]}
        tuned = {"binary_search_steps": self.binary_search_steps, "steps": self.tuned_steps, "targets": self.targets}
        return {
            (PRINTED, MEDIAN): Relabel(CarliniWagnerWB(**budget), random_class),
            (STABLE, MEDIAN): Relabel(DetectorAwareCW(**budget), random_class),
            (TUNED, USABLE): detector_aware_cw(density, at[USABLE], **tuned),
            (TUNED, MEDIAN): detector_aware_cw(density, at[MEDIAN], **tuned),
        }


def label(name: str, share: float) -> str:
    """For the record, and for the folder of the images."""
    return f"{name} at the median" if (name, share) == (TUNED, MEDIAN) else name


def detected_rows(made: AdversarialExamples, shown: Mapping[str, Any], **columns: Any) -> list[Row]:
    """The share of images that could not be made to pass for normal ones of a wrong class, and how far the others went.

    The attacks give the clean image back where nothing passed, so this is the paper's ratio of f_2 > 0.
    """
    passed, n = int(made.fooled.sum()), int(made.clean_correct.sum())
    columns |= {"defense": DENSITY}
    return [
        accuracy_row(made.outcome, **columns),
        share_row("detected", n - passed, n, series=shown, **columns),
        quantile_row("distortion", made.distortion, **columns),
    ]
