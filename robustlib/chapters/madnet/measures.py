"""What is measured on the networks of this chapter."""

from dataclasses import replace

from robustlib.chapters.madnet.black_box import BlackBox
from robustlib.chapters.madnet.runs import EXPERIMENTS, METHODS, PRINTED
from robustlib.chapters.madnet.white_box import WhiteBox
from robustlib.experiments import Experiment, Measurement
from robustlib.experiments.clean import CleanAccuracy
from robustlib.experiments.standard_suite import IMAGES, StandardSuite

CLEAN = {"mnist": CleanAccuracy(0.1), "cifar10": CleanAccuracy(0.02), "cifar100": CleanAccuracy(0.01)}
SUITE = {"mnist": StandardSuite((0.05, 0.1, 0.2)), "cifar10": StandardSuite((1 / 255, 0.02)),
         "cifar100": StandardSuite((1 / 255, 0.01))}  # fmt: skip
# Tables 1 to 3: no FGSM and no C&W is printed for CIFAR-100.
WHITE_BOX = {"mnist": WhiteBox((0.1, 0.2), (0.1, 0.15), (0.1, 1, 10), 0.3),
             "cifar10": WhiteBox((0.02, 0.04), (0.01, 0.02), (0.001, 0.01, 0.1), 0.03),
             "cifar100": WhiteBox((), (0.005, 0.01), (), 0.03)}  # fmt: skip
# Table 4: no c is printed for CIFAR-100; it has CIFAR-10's.
BLACK_BOX = {"mnist": BlackBox(0.1, 0.1, 0.3), "cifar10": BlackBox(0.02, 0.001, 0.03, epochs=3),
             "cifar100": BlackBox(0.01, 0.001, 0.03, epochs=3)}  # fmt: skip
COMPARED = [METHODS[m][0] for m in PRINTED]  # the columns of the paper's tables, each with and without PGD training
PLAIN = [METHODS[m][0] for m in ("ce", "mad")]


def general(e: Experiment) -> tuple[Measurement, ...]:
    """What every network of the book has."""
    return (
        Measurement(e.name, "clean", CLEAN[e.dataset], seeds=e.seeds, priority=e.priority),
        Measurement(e.name, "standard", SUITE[e.dataset], IMAGES[e.dataset][0], e.seeds, e.priority),
    )


def white_box(e: Experiment) -> tuple[Measurement, ...]:
    """The attacks of tables 1 to 3 on the networks that have a column there, and on PGD-trained CE."""
    if e.training.removesuffix(" + PGD") not in COMPARED:
        return ()
    evaluate = replace(WHITE_BOX[e.dataset], searched=50) if e.training in PLAIN else WHITE_BOX[e.dataset]
    return (Measurement(e.name, "white-box", evaluate, attacked_images(e), priority=e.priority),)


def black_box(e: Experiment) -> tuple[Measurement, ...]:
    """The transfer of table 4, with the paper's proxy where the network is the paper's."""
    if e.training not in PLAIN:
        return ()
    evaluate = BLACK_BOX[e.dataset] if e.architecture == "ResNet-8" else replace(BLACK_BOX[e.dataset], depth=32)
    return (Measurement(e.name, "black-box", evaluate, attacked_images(e), priority=e.priority),)


def attacked_images(e: Experiment) -> int:
    """The paper's 1000 on its own network; what two CPU cores manage on ResNet-8."""
    return 200 if e.architecture == "ResNet-8" else 1000


MEASUREMENTS = tuple(m for e in EXPERIMENTS for m in (*general(e), *white_box(e), *black_box(e)))
