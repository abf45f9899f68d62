"""The chapter's target for readers: the ResNet-32 with reverse cross-entropy, guarded by its kernel density."""

from collections.abc import Callable

from robustlib.attacks import DetectorAwarePGD
from robustlib.chapters.reverse_cross_entropy.known_detector import DENSITY, USABLE
from robustlib.detectors import KernelDensity
from robustlib.experiments import Measurement, one, stored_rows
from robustlib.experiments.break_it import KIND, BreakIt
from robustlib.experiments.densities import load_density
from robustlib.experiments.rows import Row
from robustlib.interfaces import Images, Labels
from robustlib.labs import Target
from robustlib.models import Classifier

NETWORK = "rce-mnist-resnet32-rce"


def _stored(metric: str) -> Row:
    known = {"metric": metric, "defense": DENSITY}
    rows = stored_rows(NETWORK, "adaptive", 0)
    return one(rows, **known | ({"false_positives": USABLE} if metric == "threshold" else {}))


def density(network: Classifier) -> KernelDensity:
    """The stored density of the network, at the gamma that was stored with its adaptive attacks."""
    return load_density(NETWORK, network, _stored("gamma").value)


def threshold() -> float:
    """The stored threshold, which refuses 5 % of held-out clean images. Raises: LookupError where it is not stored."""
    found = _stored("threshold").value
    if found is None:
        raise LookupError(f"{NETWORK} has no stored threshold; run {NETWORK}-adaptive")
    return found


def aware(target: Target) -> Callable[..., Images]:
    """PGD that knows the detector, 40 steps, on the density of the network that it is given."""

    def attack(model: Classifier, x: Images, y: Labels) -> Images:
        return DetectorAwarePGD(density(model), threshold(), target.eps, 40)(model, x, y)

    return attack


TARGET = BreakIt(
    "Reverse cross-entropy and density", "Pang et al. 2018", 0.15, aware, "detector-aware PGD",
    detector=density, threshold=threshold,
)  # fmt: skip
MEASUREMENTS = (Measurement(NETWORK, KIND, TARGET, n=20, priority=4.0),)
