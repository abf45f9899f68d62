"""How the networks of the chapter on DunDi are judged."""

from typing import Any

from robustlib.chapters.dundi.least_distance import LeastDistance
from robustlib.chapters.dundi.oracles import OracleAccuracy, read_by, two_step
from robustlib.chapters.dundi.rule_sweep import RuleSweep
from robustlib.chapters.dundi.runs import EXPERIMENTS, FEINMAN, NETWORKS, DistanceNetwork
from robustlib.chapters.dundi.source_images import SOURCES
from robustlib.chapters.dundi.transfer import BayesianDetection, TransferAccuracy
from robustlib.chapters.dundi.unit_white_box import UnitWhiteBox
from robustlib.chapters.dundi.white_box import OracleWhiteBox, SoftmaxWhiteBox
from robustlib.experiments.clean import CleanAccuracy
from robustlib.experiments.experiment import Experiment
from robustlib.experiments.measurement import Measurement
from robustlib.experiments.standard_suite import StandardSuite

BANDWIDTHS = {"mnist": 1.2, "cifar10": 0.26}  # released with Feinman et al. 2017
RADII = {"mnist": (0.1, 0.2, 0.3), "cifar10": (2 / 255, 4 / 255, 8 / 255)}
IMAGES = {"mnist": 500, "cifar10": 200}
OTHERS_ONLY = ("dundi-mnist-r1-18k", "dundi-mnist-r1-180k")  # of table 2: their own attackers say nothing new


def _of(run: Experiment) -> list[Measurement]:
    """How accurate a network is, what the source's images do to it, and its own attackers."""
    source, radii, n = SOURCES[run.dataset], RADII[run.dataset], IMAGES[run.dataset]
    clean = Measurement(run.name, "clean", CleanAccuracy(radii[0]), priority=run.priority)
    if run in FEINMAN:
        detection = BayesianDetection(source, BANDWIDTHS[run.dataset])
        return [clean, Measurement(run.name, "bayesian", detection, priority=4.0)]
    needs: tuple[str, ...] = ()
    own: Any = SoftmaxWhiteBox(radii)
    suite = StandardSuite(radii)
    if isinstance(run.model, DistanceNetwork):
        native = run.start or next(e for e in NETWORKS if e.model == run.model.base)
        clean = Measurement(run.name, "oracles", OracleAccuracy(), n=10_000, priority=run.priority)
        needs, own, suite = (
            (native.name,),
            OracleWhiteBox(native.name, radii),
            StandardSuite(radii, two_step, read_by()),
        )
    transfer = TransferAccuracy(source, oracles=bool(needs))
    shown = Measurement(run.name, "transfer", transfer, priority=run.priority - 1.5, needs=(source.network,))
    attacked = [
        Measurement(run.name, "white-box", own, n=n, priority=run.priority - 1.6, needs=needs),
        Measurement(run.name, "standard", suite, n=n, priority=run.priority - 1.7),
    ]
    return [clean, shown, *([] if run.name in OTHERS_ONLY else attacked)]


SWEPT = ("dundi-mnist-r1", "dundi-mnist-p1", "dundi-mnist-r1-36k")  # read with other n, m and K
UNIT = ("dundi-mnist-r1-36k-unit", "dundi-mnist-r1-36k")  # the ablation, and its control of free length


def _of_the_rule(run: Experiment) -> list[Measurement]:
    """R(f) of a LeNet, and for a few the numbers of the rule and stronger attacks."""
    deep = isinstance(run.model, DistanceNetwork)
    found = [Measurement(run.name, "distance", LeastDistance(deep), n=200, priority=3.4)]
    if run.name in SWEPT:
        source = SOURCES[run.dataset]
        found.append(Measurement(run.name, "sweep", RuleSweep(source), 10_000, priority=3.3, needs=(source.network,)))
    if run.name in UNIT:
        native = "dundi-mnist-native1"
        attacked = UnitWhiteBox(native, RADII[run.dataset])
        found.append(Measurement(run.name, "stronger", attacked, n=500, priority=3.5, needs=(native,)))
    return found


LENETS = [run for run in NETWORKS if run.dataset == "mnist"]
MEASUREMENTS = (
    *(measurement for run in EXPERIMENTS for measurement in _of(run)),
    *(measurement for run in LENETS for measurement in _of_the_rule(run)),
)
