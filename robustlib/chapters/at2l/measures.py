"""How the networks of the chapter are judged."""

from dataclasses import dataclass

from robustlib.attacks import APGDT
from robustlib.chapters.at2l.runs import EXPERIMENTS
from robustlib.experiments import Experiment, Findings, Measurement, Subject
from robustlib.experiments.attack_rows import accuracy_rows, attacked
from robustlib.experiments.clean import CleanAccuracy
from robustlib.experiments.standard_suite import IMAGES, StandardSuite
from robustlib.interfaces import Attack

RADII = {"mnist": (0.1, 0.2, 0.3), "cifar10": (4 / 255, 8 / 255)}  # of the standard suite
PAIRED = {"mnist": 2000, "cifar10": 1000}  # images


@dataclass(frozen=True)
class Paired:
    """APGD-T at the radius that was trained for. The fate of each image is kept, so that two networks can be paired."""

    eps: float  # L-infinity, pixel units of [0, 1]
    steps: int = 100
    targets: int = 9

    def __call__(self, on: Subject) -> Findings:
        attacks: dict[str, Attack] = {"APGD-T": APGDT(self.eps, self.steps, self.targets, precision="fast")}
        return Findings(accuracy_rows(attacked(on, attacks, "paired"), attacks), attacks)


def of_comparison(e: Experiment) -> tuple[Measurement, ...]:
    """What is measured on a network of the comparison."""
    eps = e.objective.attack.eps  # type: ignore[attr-defined]
    return (
        Measurement(e.name, "paired", Paired(eps), PAIRED[e.dataset], e.seeds, e.priority),
        Measurement(e.name, "clean", CleanAccuracy(eps), seeds=e.seeds, priority=e.priority - 1),
        Measurement(e.name, "standard", StandardSuite(RADII[e.dataset]), IMAGES[e.dataset][0], e.seeds, e.priority - 4),
    )


MEASUREMENTS = tuple(m for e in EXPERIMENTS for m in of_comparison(e))
