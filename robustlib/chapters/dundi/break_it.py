"""The chapter's target for readers: DunDi_R1 read by the two-step rule, on which cross-entropy has no gradient."""

from robustlib.attacks import PGD
from robustlib.chapters.dundi.oracles import oracle_head
from robustlib.datasets import load
from robustlib.experiments import Measurement
from robustlib.experiments.break_it import KIND, BreakIt
from robustlib.experiments.features import features_of
from robustlib.interfaces import Attack
from robustlib.labs import Target
from robustlib.losses import margin
from robustlib.models import Classifier


def by_oracles(network: Classifier) -> Classifier:
    """The network read by ten oracles a class, drawn from the 4,000 embedded training digits."""
    digits = load("mnist_5k", device=next(network.parameters()).device)
    z, y = features_of(network, digits.train, len(digits.train))
    return Classifier(network.body, oracle_head(z, y, len(digits.classes))).eval()


def climb(target: Target) -> Attack:
    """Margin PGD through both steps, 40 steps, each image left as it breaks."""
    return PGD(target.eps, 40, loss=margin, stop_early=True)


TARGET = BreakIt("DunDi_R1", "Cui et al. 2019", 0.1, climb, "margin PGD", behind=by_oracles)
MEASUREMENTS = (Measurement("dundi-mnist-r1", KIND, TARGET, n=50, priority=4.0),)
