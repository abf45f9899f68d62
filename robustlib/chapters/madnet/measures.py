"""What is measured on the networks of this chapter."""

from robustlib.chapters.madnet.adaptive import RADII, Adaptive
from robustlib.chapters.madnet.bound import Bound
from robustlib.chapters.madnet.confusion import Confusion
from robustlib.chapters.madnet.geometry import Geometry
from robustlib.chapters.madnet.runs import EXPERIMENTS, METHODS, name_of
from robustlib.experiments import Experiment, Measurement
from robustlib.experiments.clean import CleanAccuracy
from robustlib.experiments.standard_suite import IMAGES, StandardSuite

CLEAN = {"mnist": CleanAccuracy(0.1), "cifar10": CleanAccuracy(0.02), "cifar100": CleanAccuracy(0.01)}
SUITE = {dataset: StandardSuite(radii) for dataset, radii in RADII.items()}
BY_NAME = {e.name: e for e in EXPERIMENTS}
BOUNDED = {*(name_of("mnist", m) for m in METHODS), *(name_of("mnist", m, pgd=True) for m in ("ce", "mad")),
           *(name_of("cifar10", m) for m in ("ce", "mad"))}  # fmt: skip
WITHOUT_A_TERM = ("ce", "smoothing", "siamese", "variance", "jacobian")


def geometry(e: Experiment) -> list[Measurement]:
    """Margin, Jacobian, clusters, of every network."""
    return [Measurement(e.name, "geometry", Geometry(), seeds=e.seeds, priority=e.priority - 0.5)]


def bound(e: Experiment) -> list[Measurement]:
    """The least distortion beside the bound on it."""
    return [Measurement(e.name, "bound", Bound(), n=100, priority=e.priority - 0.6)] if e.name in BOUNDED else []


def adaptive(e: Experiment) -> list[Measurement]:
    """The attackers who know the method, and those who have its twins."""
    twins = {name: BY_NAME[name].training for name in twins_of(e)}
    evaluate = Adaptive(RADII[e.dataset], twins)
    return [Measurement(e.name, "adaptive", evaluate, n=200, priority=e.priority - 0.4, needs=tuple(twins))]


def confusion(e: Experiment) -> list[Measurement]:
    """Figure 1b."""
    if e.name not in (name_of("cifar10", "ce"), name_of("cifar10", "ce", 56)):
        return []
    return [Measurement(e.name, "confusion", Confusion(), n=200, priority=e.priority - 0.7)]


def twins_of(e: Experiment) -> list[str]:
    """The networks of the same set and depth that were trained without a term: of MAD every step of its ablation, of
    the others the one with cross-entropy alone.
    """
    depth = 56 if e.architecture == "ResNet-56" else 8
    methods = WITHOUT_A_TERM if e.training.startswith("MAD") else ("ce",)
    names = [name_of(e.dataset, method, depth) for method in methods]
    return [name for name in names if name in BY_NAME and name != e.name]


MEASUREMENTS = tuple(
    m for e in EXPERIMENTS for m in (
        Measurement(e.name, "clean", CLEAN[e.dataset], seeds=e.seeds, priority=e.priority),
        Measurement(e.name, "standard", SUITE[e.dataset], IMAGES[e.dataset][0], e.seeds, e.priority),
        *geometry(e), *bound(e), *adaptive(e), *confusion(e),
    )
)  # fmt: skip
