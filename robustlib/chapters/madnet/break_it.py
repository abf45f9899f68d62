"""The chapter's target for readers: MadNet at a radius at which ten steps of PGD leave half of the digits."""

from robustlib.attacks import APGDT
from robustlib.experiments import Measurement
from robustlib.experiments.break_it import KIND, BreakIt
from robustlib.interfaces import Attack
from robustlib.labs import Target


def targeted_climb(target: Target) -> Attack:
    """APGD towards each of the other nine classes, 20 steps."""
    return APGDT(target.eps, 20)


TARGET = BreakIt("MadNet", "Rozenberg et al. 2020", 0.1, targeted_climb, "APGD-T")
MEASUREMENTS = (Measurement("madnet-mnist-resnet8-mad", KIND, TARGET, n=50, priority=4.0),)
