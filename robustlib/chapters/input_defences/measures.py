"""How the networks of the chapter are judged: by the suite, and by static and adaptive attacks on each defence."""

from robustlib.chapters.input_defences.defense_gan_attacks import DefenseGANAttacks, Reconstruction
from robustlib.chapters.input_defences.randomisation_attacks import RandomisationAttacks
from robustlib.chapters.input_defences.runs import (
    BEHIND,
    CONTROLS,
    EPS,
    GAN,
    GENERATOR,
    PLAIN,
    PLAINS,
    RANDOMISED,
    THERMOMETERS,
    WITHOUT_CODE,
)
from robustlib.chapters.input_defences.thermometer_attacks import ThermometerAttacks
from robustlib.experiments import Experiment, Measurement
from robustlib.experiments.standard_suite import IMAGES, StandardSuite
from robustlib.models import Search

RADII = {"mnist": (0.1, 0.3), "cifar10": (4 / 255, 8 / 255)}
N = {"mnist": 1000, "cifar10": 500}  # under the papers' attacks on thermometers
RANDOMISED_N, PROJECTED_N = 200, 200
# Whose images an undefended network is handed as unknown ones: of another undefended one.
OTHER = {"mnist": BEHIND[0].name, "cifar10": "target-cifar-resnet20"}
SEARCH = Search(precision="fast")  # L and R of the source; bfloat16, where the CPU has it, is as near in half the time


def suite(e: Experiment) -> Measurement:
    """The standard suite on a network."""
    return Measurement(e.name, "standard", StandardSuite(RADII[e.dataset]), IMAGES[e.dataset][0], priority=3.0)


def attacked(e: Experiment) -> Measurement:
    """A network with a thermometer, or the undefended one beside it."""
    source = (OTHER if e in PLAINS else PLAIN)[e.dataset]
    evaluate = ThermometerAttacks(source, EPS[e.dataset])
    return Measurement(e.name, "attacked", evaluate, N[e.dataset], priority=e.priority - 0.05, needs=(source,))


def behind_views(e: Experiment) -> Measurement:
    """A network behind random resizing and padding."""
    return Measurement(e.name, "randomised", RandomisationAttacks(), RANDOMISED_N, priority=6.3)


def behind_generator(e: Experiment) -> Measurement:
    """A classifier behind the generator."""
    return Measurement(
        e.name, "projected", DefenseGANAttacks(GAN, search=SEARCH), PROJECTED_N, priority=6.6, needs=(GAN,)
    )


CIFAR = next(e for e in PLAINS if e.dataset == "cifar10")
MEASUREMENTS = (
    Measurement(GENERATOR.name, "reconstruction", Reconstruction(SEARCH), 200, priority=6.95),
    *(attacked(e) for e in (*PLAINS, *THERMOMETERS, *WITHOUT_CODE)),
    *(behind_views(e) for e in (CIFAR, RANDOMISED, CONTROLS[0])),
    *(behind_generator(e) for e in (*BEHIND, CONTROLS[1])),
    *(suite(e) for e in (*PLAINS, *THERMOMETERS, RANDOMISED, *BEHIND, *CONTROLS, *WITHOUT_CODE)),
)
