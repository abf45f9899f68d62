"""The chapter's target for readers: a thermometer, behind which the pixels have no gradient."""

from robustlib.attacks import LSPGA
from robustlib.experiments import Measurement
from robustlib.experiments.break_it import KIND, BreakIt
from robustlib.interfaces import Attack
from robustlib.labs import Target
from robustlib.losses import margin


def climb(target: Target) -> Attack:
    """LS-PGA on the margin, 20 steps."""
    return LSPGA(target.eps, 20, loss=margin)


TARGET = BreakIt("Thermometer encoding", "Li et al. 2019 after Buckman et al. 2018", 0.3, climb, "margin LS-PGA")
MEASUREMENTS = (Measurement("input-mnist-thermometer-1", KIND, TARGET, n=50, priority=4.0),)
