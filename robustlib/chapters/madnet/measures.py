"""What is measured on the networks of this chapter."""

from robustlib.chapters.madnet.geometry import Geometry
from robustlib.chapters.madnet.runs import EXPERIMENTS
from robustlib.experiments import Experiment, Measurement
from robustlib.experiments.clean import CleanAccuracy
from robustlib.experiments.standard_suite import IMAGES, StandardSuite

CLEAN = {"mnist": CleanAccuracy(0.1), "cifar10": CleanAccuracy(0.02), "cifar100": CleanAccuracy(0.01)}
SUITE = {"mnist": StandardSuite((0.05, 0.1, 0.2)), "cifar10": StandardSuite((1 / 255, 0.02)),
         "cifar100": StandardSuite((1 / 255, 0.01))}  # fmt: skip


def geometry(e: Experiment) -> Measurement:
    """Margin, Jacobian, clusters, of every network."""
    return Measurement(e.name, "geometry", Geometry(), seeds=e.seeds, priority=e.priority - 0.5)


MEASUREMENTS = tuple(
    m for e in EXPERIMENTS for m in (
        Measurement(e.name, "clean", CLEAN[e.dataset], seeds=e.seeds, priority=e.priority),
        Measurement(e.name, "standard", SUITE[e.dataset], IMAGES[e.dataset][0], e.seeds, e.priority),
        geometry(e),
    )
)  # fmt: skip
