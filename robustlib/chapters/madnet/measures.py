"""What is measured on the networks of this chapter."""

from dataclasses import replace

from robustlib.chapters.madnet.adaptive import RADII, Adaptive
from robustlib.chapters.madnet.black_box import BlackBox
from robustlib.chapters.madnet.bound import Bound
from robustlib.chapters.madnet.confusion import Confusion
from robustlib.chapters.madnet.geometry import Geometry
from robustlib.chapters.madnet.runs import EXPERIMENTS, METHODS, PRINTED, name_of
from robustlib.chapters.madnet.white_box import WhiteBox
from robustlib.experiments import Experiment, Measurement
from robustlib.experiments.clean import CleanAccuracy
from robustlib.experiments.standard_suite import IMAGES, StandardSuite

CLEAN = {"mnist": CleanAccuracy(0.1), "cifar10": CleanAccuracy(0.02), "cifar100": CleanAccuracy(0.01)}
SUITE = {dataset: StandardSuite(radii) for dataset, radii in RADII.items()}
# Tables 1 to 3: no FGSM and no C&W is printed for CIFAR-100.
WHITE_BOX = {"mnist": WhiteBox((0.1, 0.2), (0.1, 0.15), (0.1, 1, 10), 0.3),
             "cifar10": WhiteBox((0.02, 0.04), (0.01, 0.02), (0.001, 0.01, 0.1), 0.03),
             "cifar100": WhiteBox((), (0.005, 0.01), (), 0.03)}  # fmt: skip
# Table 4: no c is printed for CIFAR-100; it has CIFAR-10's.
BLACK_BOX = {"mnist": BlackBox(0.1, 0.1, 0.3), "cifar10": BlackBox(0.02, 0.001, 0.03, epochs=3),
             "cifar100": BlackBox(0.01, 0.001, 0.03, epochs=3)}  # fmt: skip
COMPARED = [METHODS[m][0] for m in PRINTED]  # the columns of the paper's tables, each with and without PGD training
PLAIN = [METHODS[m][0] for m in ("ce", "mad")]
BY_NAME = {e.name: e for e in EXPERIMENTS}
BOUNDED = {*(name_of("mnist", m) for m in METHODS), *(name_of("mnist", m, pgd=True) for m in ("ce", "mad")),
           *(name_of("cifar10", m) for m in ("ce", "mad"))}  # fmt: skip
WITHOUT_A_TERM = ("ce", "smoothing", "siamese", "variance", "jacobian")


def general(e: Experiment) -> list[Measurement]:
    """What every network of the book has; of a ResNet-8 AutoAttack takes 100 images, which is what CPU cores manage."""
    suite = replace(SUITE[e.dataset], whole=100) if e.architecture == "ResNet-8" else SUITE[e.dataset]
    return [
        Measurement(e.name, "clean", CLEAN[e.dataset], seeds=e.seeds, priority=e.priority),
        Measurement(e.name, "standard", suite, IMAGES[e.dataset][0], e.seeds, e.priority),
    ]


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


def white_box(e: Experiment) -> list[Measurement]:
    """The attacks of tables 1 to 3 on the networks that have a column there, and on PGD-trained CE."""
    if e.training.removesuffix(" + PGD") not in COMPARED:
        return []
    evaluate = replace(WHITE_BOX[e.dataset], searched=50) if e.training in PLAIN else WHITE_BOX[e.dataset]
    return [Measurement(e.name, "white-box", evaluate, attacked_images(e), priority=e.priority)]


def black_box(e: Experiment) -> list[Measurement]:
    """The transfer of table 4, with the paper's proxy where the network is the paper's."""
    if e.training not in PLAIN:
        return []
    evaluate = BLACK_BOX[e.dataset] if e.architecture == "ResNet-8" else replace(BLACK_BOX[e.dataset], depth=32)
    return [Measurement(e.name, "black-box", evaluate, attacked_images(e), priority=e.priority)]


def attacked_images(e: Experiment) -> int:
    """The paper's 1000 on its own network; what two CPU cores manage on ResNet-8."""
    return 200 if e.architecture == "ResNet-8" else 1000


KINDS = (general, white_box, black_box, geometry, bound, adaptive, confusion)
MEASUREMENTS = tuple(m for e in EXPERIMENTS for kind in KINDS for m in kind(e))
