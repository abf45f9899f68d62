"""DunDi (Cui et al. 2019): its native networks, distance networks and the source of its adversarial images."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from robustlib.datasets import Augment, Batches, Triplets
from robustlib.experiments.clean import CleanError
from robustlib.experiments.experiment import Experiment
from robustlib.experiments.handed_over import Bayesian, HandedOver
from robustlib.experiments.oracle_rules import OracleAccuracy
from robustlib.experiments.oracles_left import NativeLeft, OraclesLeft
from robustlib.experiments.source_images import Source
from robustlib.experiments.survey import Survey
from robustlib.models import (
    Classifier,
    distance_network,
    feinman_cifar_cnn,
    feinman_cnn,
    frozen_parts,
    lenet1,
    lenet4,
    lenet5,
    vgg16,
)
from robustlib.objectives import CrossEntropy, DunDi
from robustlib.training import SGD, Adam, OneCycle

TUPLES = 360_000
SHORT = {"18k": 18_000, "36k": 36_000, "180k": 180_000}  # table 2, with TUPLES as its last column


@dataclass(frozen=True)
class DistanceNetwork:
    """A distance network on a base, as a value that a result file can describe."""

    base: Callable[[], Classifier]
    frozen: bool = False
    unit: bool = False

    def __call__(self) -> Classifier:
        return distance_network(self.base(), frozen=self.frozen, unit=self.unit)


def quarter_vgg16() -> Classifier:
    """VGG-16 at a quarter of its width: what two CPU cores can train."""
    return vgg16(width=0.25)


# Paper silent on optimiser, rate and batches: Adam, one cycle up to 1e-3, 128 tuples or images.
PAPER: dict[str, Any] = {"paper": "dundi", "optimizer": Adam(1e-3), "schedule": OneCycle(), "epochs": 10}
MNIST: dict[str, Any] = PAPER | {"dataset": "mnist", "precision": None}
CIFAR10: dict[str, Any] = PAPER | {"dataset": "cifar10", "precision": "fast"}
PLAIN: dict[str, Any] = {"objective": CrossEntropy(), "sampler": Batches(128)}
METRIC: dict[str, Any] = {"objective": DunDi(), "evaluate": OracleAccuracy()}


def tuples(count: int) -> Triplets:
    """A fixed list of so many tuples, from seed 0."""
    return Triplets(128, tuples=count, seed=0)


def _mnist(number: int, base: Callable[[], Classifier]) -> list[Experiment]:
    """The native network of one topology, retrained and pre-trained."""
    mnist = MNIST | {"sampler": tuples(TUPLES)} | METRIC
    native = Experiment(
        name=f"dundi-mnist-native{number}", row=f"Native Model{number}", model=base, worth=7.0, shipped=number == 1,
        **MNIST | PLAIN | {"evaluate": CleanError(0.1)},
    )  # fmt: skip
    return [
        native,
        Experiment(
            name=f"dundi-mnist-r{number}", row=f"DunDi_R{number}", model=DistanceNetwork(base), worth=6.8,
            shipped=number == 1, **mnist,
        ),
        Experiment(
            name=f"dundi-mnist-p{number}", row=f"DunDi_P{number}", model=DistanceNetwork(base, frozen=True),
            start=native, frozen=frozen_parts, worth=6.9, **mnist,
        ),
    ]  # fmt: skip


def _fewer_tuples() -> list[Experiment]:
    """Table 2, and the ablation with embeddings of unit length, on one of its lists: DunDi_R1."""
    changed = {f"-{k}": (DistanceNetwork(lenet1), tuples(count), f"DunDi_R1, {k} tuples") for k, count in SHORT.items()}
    unit = DistanceNetwork(lenet1, unit=True)
    changed["-36k-unit"] = (unit, tuples(SHORT["36k"]), "DunDi_R1, 36k tuples, unit length")
    return [
        Experiment(name=f"dundi-mnist-r1{k}", row=row, model=net, worth=5.5, **MNIST | METRIC | {"sampler": sampler})
        for k, (net, sampler, row) in changed.items()
    ]


def _cifar10(width: str, base: Callable[[], Classifier], affordable: int, worth: float) -> list[Experiment]:
    """VGG-16 at one width: native, retrained and pre-trained."""
    augmented = CIFAR10 | PLAIN | {"sampler": Batches(128, augment=Augment()), "optimizer": SGD(0.1, weight_decay=5e-4)}
    said = "" if width == "" else f", {width} width"
    dash = "" if width == "" else f"-{width}"
    native = Experiment(
        name=f"dundi-cifar10{dash}-native", row=f"Native Model{said}", model=base, affordable=12 * affordable,
        worth=worth, **augmented | {"epochs": 200, "evaluate": CleanError(2 / 255)},
    )  # fmt: skip
    retrained = CIFAR10 | METRIC | {"sampler": tuples(TUPLES), "epochs": 200}
    if width:  # so that an epoch is affordable
        retrained |= {"sampler": tuples(SHORT["36k"])}
    frozen = CIFAR10 | METRIC | {"sampler": tuples(TUPLES), "precision": None}
    found = [
        native,
        Experiment(name=f"dundi-cifar10{dash}-r", row=f"DunDi_R{said}", model=DistanceNetwork(base),
                   affordable=3 * affordable, worth=worth - 0.2, **retrained),
        Experiment(name=f"dundi-cifar10{dash}-p", row=f"DunDi_P{said}", model=DistanceNetwork(base, frozen=True),
                   start=native, frozen=frozen_parts, worth=worth - 0.1, **frozen),
    ]  # fmt: skip
    if width:  # the ablation
        unit = replace(found[1], name=f"{found[1].name}-unit", row=f"{found[1].row}, unit length", worth=worth - 0.3)
        found.append(replace(unit, model=DistanceNetwork(base, unit=True)))
    return found


FEINMAN = [
    Experiment(name="dundi-mnist-feinman", row="Feinman's network", model=feinman_cnn, worth=7.0,
               **MNIST | PLAIN | {"evaluate": CleanError(0.1), "precision": "fast"}),
    Experiment(name="dundi-cifar10-feinman", row="Feinman's network", model=feinman_cifar_cnn, affordable=8, worth=5.0,
               **CIFAR10 | PLAIN | {"epochs": 60, "evaluate": CleanError(2 / 255)}),
]  # fmt: skip

# Released with Feinman et al. 2017: eps, step and bandwidth.
SOURCES = {
    "mnist": Source("dundi-mnist-feinman", feinman_cnn, 0.3, 0.01),
    "cifar10": Source("dundi-cifar10-feinman", feinman_cifar_cnn, 0.05, 0.005),
}
BANDWIDTHS = {"mnist": 1.2, "cifar10": 0.26}
RADII = {"mnist": (0.1, 0.2, 0.3), "cifar10": (2 / 255, 4 / 255, 8 / 255)}
IMAGES = {"mnist": 500, "cifar10": 200}

NETWORKS = [run for number, base in ((1, lenet1), (2, lenet4), (3, lenet5)) for run in _mnist(number, base)]
# At 1e-3 the embedding of R3 becomes very wide: once more with smaller steps, beside it.
NETWORKS += [
    replace(run, name=f"{run.name}-slower", row=f"{run.row}, rate 3e-4", optimizer=Adam(3e-4), worth=6.7)
    for run in NETWORKS
    if run.name == "dundi-mnist-r3"
]
NETWORKS += [*_fewer_tuples(), *_cifar10("quarter", quarter_vgg16, 1, 4.5), *_cifar10("", vgg16, 1, 2.0)]
RUNS = [*FEINMAN, *NETWORKS]


def _surveys(run: Experiment) -> list[Survey]:
    """What the source's images do to a network, and what is left of it under its own attackers."""
    plain, radii, n = not isinstance(run.model, DistanceNetwork), RADII[run.dataset], IMAGES[run.dataset]
    native = run if plain else run.start or next(e for e in NETWORKS if e.model == getattr(run.model, "base", None))
    left = NativeLeft(radii) if plain else OraclesLeft(native, radii)
    handed = HandedOver(SOURCES[run.dataset], oracles=not plain)
    worth = run.worth - 1.5
    found = [Survey(f"{run.name}-handed-over", run, handed, worth=worth)]
    if not run.name.endswith(("r1-18k", "r1-180k")):  # those of table 2 whose own attackers say nothing new
        found.append(Survey(f"{run.name}-left", run, left, n=n, worth=worth - 0.1))
    return found


SURVEYS = [survey for run in NETWORKS for survey in _surveys(run)]
SURVEYS += [
    Survey(f"{source.name}-bayesian", source, Bayesian(SOURCES[source.dataset], BANDWIDTHS[source.dataset]), worth=4.0)
    for source in FEINMAN
]
