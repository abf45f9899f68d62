"""The chapter's target for readers: a LeNet-5 tuned with triplets."""

from robustlib.attacks import APGDT
from robustlib.experiments import Measurement
from robustlib.experiments.break_it import KIND, BreakIt
from robustlib.interfaces import Attack
from robustlib.labs import Target


def targeted_climb(target: Target) -> Attack:
    """APGD towards each of the other nine classes, 20 steps."""
    return APGDT(target.eps, 20)


TARGET = BreakIt("Robust representations", "Fostiropoulos et al. 2020", 0.1, targeted_climb, "APGD-T")
MEASUREMENTS = (Measurement("rr-lenet-ours", KIND, TARGET, n=50, priority=4.0),)
