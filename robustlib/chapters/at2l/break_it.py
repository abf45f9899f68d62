"""The chapter's target for readers: AT2L with PGD's images, half as far again as it was trained for."""

from robustlib.attacks import PGD
from robustlib.experiments import Measurement
from robustlib.experiments.break_it import KIND, BreakIt
from robustlib.interfaces import Attack
from robustlib.labs import Target
from robustlib.losses import margin


def climb(target: Target) -> Attack:
    """Margin PGD, 40 steps, each image left as it breaks."""
    return PGD(target.eps, 40, loss=margin, stop_early=True)


TARGET = BreakIt("AT2L", "Li et al. 2019", 0.3, climb, "margin PGD")
MEASUREMENTS = (Measurement("at2l-mnist-pgd-0.2-at2l", KIND, TARGET, n=50, priority=4.0),)
