"""How the networks of the chapter are judged: in pairs, by static and adaptive attacks, by curvature and the suite."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from robustlib.attacks import APGDT
from robustlib.chapters.at2l.adaptive import Adaptive
from robustlib.chapters.at2l.curvature import Curvature
from robustlib.chapters.at2l.ensembles import ROUNDS, Plan
from robustlib.chapters.at2l.plans import CLEAN, PLANS, SWEPT, TRAINED
from robustlib.chapters.at2l.runs import COMPARED
from robustlib.chapters.at2l.static_adaptive import StaticAndAdaptive
from robustlib.experiments import Experiment, Findings, Measurement, Subject
from robustlib.experiments.attack_rows import accuracy_rows, attacked
from robustlib.experiments.clean import CleanAccuracy
from robustlib.experiments.standard_suite import IMAGES, StandardSuite
from robustlib.interfaces import Attack

SUITE = {"mnist": (0.1, 0.2, 0.3), "cifar10": (4 / 255, 8 / 255), "cats_vs_dogs": (4 / 255, 8 / 255)}  # radii
PAIRED = 2000  # images
N = {"mnist": 1000, "cifar10": 500, "cats_vs_dogs": 140}  # under the attacks of algorithms 1 and 2
FEW = 200  # under the adaptive attacks


@dataclass(frozen=True)
class Paired:
    """APGD-T at the radius that was trained for. The fate of each image is kept, so that two networks can be paired."""

    eps: float  # L-infinity, pixel units of [0, 1]
    steps: int = 100
    targets: int = 9

    def __call__(self, on: Subject) -> Findings:
        attacks: dict[str, Attack] = {"APGD-T": APGDT(self.eps, self.steps, self.targets, precision="fast")}
        return Findings(accuracy_rows(attacked(on, attacks, "paired"), attacks), attacks)


@dataclass(frozen=True)
class PhotographSuite(StandardSuite):
    """The suite on as many photographs as it has images of CIFAR-10: the sample's test photographs are fewer."""

    def __call__(self, on: Subject) -> Findings:
        return super().__call__(replace(on, dataset=replace(on.dataset, name="cifar10")))


def suite(e: Experiment, priority: float) -> Measurement:
    """The standard suite on a network."""
    photographs = e.dataset == "cats_vs_dogs"
    evaluate = PhotographSuite(SUITE[e.dataset]) if photographs else StandardSuite(SUITE[e.dataset])
    n = N[e.dataset] if photographs else IMAGES[e.dataset][0]
    return Measurement(e.name, "standard", evaluate, n, e.seeds, priority)


def of_comparison(e: Experiment) -> Iterator[Measurement]:
    """What is measured on a network of the comparison."""
    eps = e.objective.attack.eps  # type: ignore[attr-defined]
    yield Measurement(e.name, "paired", Paired(eps), PAIRED, e.seeds, e.priority)
    yield Measurement(e.name, "clean", CleanAccuracy(eps), seeds=e.seeds, priority=e.priority - 1)
    yield Measurement(e.name, "curvature", Curvature(eps), 500, priority=e.priority - 2)
    yield Measurement(e.name, "adaptive", Adaptive(eps), FEW, priority=e.priority - 3)
    yield suite(e, e.priority - 4)


def of_round(e: Experiment, plan: Plan, last: bool) -> Iterator[Measurement]:
    """What is measured on an outer iteration of a plan; on the last one also what an adaptive attacker leaves."""
    judged = StaticAndAdaptive(plan.target.name, plan.eps)
    yield Measurement(e.name, plan.kind, judged, N[e.dataset], priority=e.priority, needs=(plan.target.name,))
    if last:
        n = min(FEW, N[e.dataset])
        yield Measurement(e.name, "adaptive", Adaptive(plan.eps), n, priority=e.priority - 0.5)
        yield Measurement(e.name, "curvature", Curvature(plan.eps), min(500, N[e.dataset]), priority=e.priority - 0.7)
        yield suite(e, e.priority - 3)


def of_clean(e: Experiment) -> Iterator[Measurement]:
    """Iteration 0: static and adaptive attacks are the same."""
    for plan in {(p.kind, p.eps): p for p in PLANS.values() if p.target.name == e.name}.values():
        kind = plan.kind + plan.suffix
        judged = StaticAndAdaptive(e.name, plan.eps)
        yield Measurement(e.name, kind, judged, N[e.dataset], priority=plan.priority)
    yield suite(e, 3.0)


ROUND = {
    e.name: (e, plan, number == ROUNDS)
    for name, plan in PLANS.items()
    for attack_set, method, place in TRAINED[name]
    for number, e in enumerate(plan.rounds(attack_set, method, place), 1)
}
MEASUREMENTS = (
    *(m for e in COMPARED for m in of_comparison(e)),
    *(m for e in CLEAN for m in of_clean(e)),
    *(m for e, plan, last in ROUND.values() for m in of_round(e, plan, last)),
    *(m for e in SWEPT for m in of_round(e, PLANS["table 4"], last=False)),
)
