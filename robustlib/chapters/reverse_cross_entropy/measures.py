"""What is measured on the networks of this chapter."""

from typing import Any

from robustlib.chapters.reverse_cross_entropy.adaptive import Adaptive
from robustlib.chapters.reverse_cross_entropy.against_noise import AgainstNoise
from robustlib.chapters.reverse_cross_entropy.black_box import BlackBox
from robustlib.chapters.reverse_cross_entropy.embedding_maps import EmbeddingMap
from robustlib.chapters.reverse_cross_entropy.every_detector import EveryDetector
from robustlib.chapters.reverse_cross_entropy.oblivious import CarliniWagnerSurvey, Oblivious
from robustlib.chapters.reverse_cross_entropy.runs import EXPERIMENTS
from robustlib.chapters.reverse_cross_entropy.search_parts import SearchParts
from robustlib.chapters.reverse_cross_entropy.white_box import WhiteBox
from robustlib.experiments.clean import CleanAccuracy
from robustlib.experiments.experiment import Experiment
from robustlib.experiments.measurement import Measurement
from robustlib.experiments.standard_suite import StandardSuite

# As printed: sigma^2 = 1 / 0.26 for CE and 0.1 / 0.26 for RCE, on both sets.
GAMMA = {"CE": 0.26, "RCE": 2.6}
CLEAN = {"mnist": CleanAccuracy(0.1), "cifar10": CleanAccuracy(2 / 255)}
# Paper silent on eps: its code steps from 0.02 to 0.2, and reads BIM on MNIST at 0.16.
OBLIVIOUS: dict[str, dict[str, Any]] = {
    "mnist": {"radii": (0.04, 0.08, 0.12, 0.16, 0.2), "named": (0.16,), "saliency_radii": (0.08, 0.16)},
    "cifar10": {"radii": (0.01, 0.02, 8 / 255, 0.04, 0.08), "named": (8 / 255, 0.04), "saliency_radii": (0.04, 0.16)},
}
RADII = {"mnist": (0.1, 0.2, 0.3), "cifar10": (2 / 255, 4 / 255, 8 / 255)}  # of the attackers who know the detector
SUITE = {"mnist": StandardSuite((0.05, 0.1, 0.2)), "cifar10": StandardSuite((2 / 255, 8 / 255))}


def of_every(run: Experiment) -> list[Measurement]:
    """What is measured on any network."""
    clean = Measurement(run.name, "clean", CLEAN[run.dataset], priority=run.priority)
    return [clean, Measurement(run.name, "standard", SUITE[run.dataset], n=500, seeds=run.seeds, priority=5.5)]


def of_the_resnet32(run: Experiment) -> list[Measurement]:
    """The paper's tables 2 and 3, and what goes beyond them."""
    gamma = GAMMA[run.training]
    return [
        Measurement(run.name, "map", EmbeddingMap(), priority=5.0),
        Measurement(run.name, "oblivious", Oblivious(gamma, **OBLIVIOUS[run.dataset]), priority=7.0),
        Measurement(run.name, "carlini-wagner", CarliniWagnerSurvey(gamma), n=200, priority=6.6),
        Measurement(run.name, "adaptive", Adaptive(gamma, RADII[run.dataset]), n=200, priority=6.7),
        Measurement(run.name, "white-box", WhiteBox(gamma), n=100, priority=6.5),
    ]


def of_the_resnet56(run: Experiment) -> list[Measurement]:
    """What reaches it from the two ResNet-32 of its set."""
    substitutes = {
        e.name: (WhiteBox(GAMMA[e.training]), Adaptive(GAMMA[e.training], RADII[e.dataset]))
        for e in EXPERIMENTS
        if e.architecture == "ResNet-32" and e.dataset == run.dataset
    }
    evaluate = BlackBox(GAMMA[run.training], RADII[run.dataset][1:], substitutes)
    return [Measurement(run.name, "black-box", evaluate, n=200, priority=3.0, needs=tuple(substitutes))]


def of_the_digits(run: Experiment) -> list[Measurement]:
    """What goes beyond the paper, on the two ResNet-32 of MNIST: bare at more radii, every detector attacked, C&W-wb
    taken apart, and noise.
    """
    gamma = GAMMA[run.training]
    return [
        Measurement(run.name, "guarded", EveryDetector(gamma, (0.05, 0.1)), n=100, seeds=run.seeds, priority=6.4),
        Measurement(run.name, "search", SearchParts(gamma), n=50, priority=6.3),
        Measurement(run.name, "noise", AgainstNoise(gamma, 0.16), priority=6.2),
        Measurement(run.name, "bare", StandardSuite((0.03, 0.08)), n=500, seeds=run.seeds, priority=6.1),
    ]


OWN = {"ResNet-32": of_the_resnet32, "ResNet-56": of_the_resnet56}
DIGITS = tuple(run for run in EXPERIMENTS if (run.dataset, run.architecture) == ("mnist", "ResNet-32"))
MEASUREMENTS = tuple(m for run in EXPERIMENTS for m in (*of_every(run), *OWN[run.architecture](run)))
MEASUREMENTS += tuple(m for run in DIGITS for m in of_the_digits(run))
