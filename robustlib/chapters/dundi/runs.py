"""DunDi (Cui et al. 2019): its native networks, distance networks and the source of its adversarial images."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from robustlib import models
from robustlib.datasets import Augment, Batches, Triplets
from robustlib.experiments.experiment import Experiment
from robustlib.objectives import CrossEntropy, DunDi
from robustlib.training import SGD, Adam, OneCycle

TUPLES = 360_000
SHORT = {"18k": 18_000, "36k": 36_000, "180k": 180_000}  # table 2, with TUPLES as its last column


@dataclass(frozen=True)
class DistanceNetwork:
    """A distance network on a base, as a value that a result file can describe."""

    base: Callable[[], models.Classifier]
    frozen: bool = False
    unit: bool = False

    def __call__(self) -> models.Classifier:
        return models.distance_network(self.base(), frozen=self.frozen, unit=self.unit)


def quarter_vgg16() -> models.Classifier:
    """VGG-16 at a quarter of its width: what two CPU cores can train."""
    return models.vgg16(width=0.25)


def tuples(count: int) -> Triplets:
    """A fixed list of so many tuples, from seed 0."""
    return Triplets(128, tuples=count, seed=0)


# Paper silent on optimiser, rate and batches: Adam, one cycle up to 1e-3, 128 tuples or images.
PAPER: dict[str, Any] = {"optimizer": Adam(1e-3), "schedule": OneCycle(), "epochs": 10}
MNIST: dict[str, Any] = PAPER | {"dataset": "mnist", "precision": None}
CIFAR10: dict[str, Any] = PAPER | {"dataset": "cifar10", "precision": "fast"}
PLAIN: dict[str, Any] = {"objective": CrossEntropy(), "sampler": Batches(128), "training": "cross-entropy"}
METRIC: dict[str, Any] = {"objective": DunDi(), "sampler": tuples(TUPLES)}
RETRAINED: dict[str, Any] = METRIC | {"training": "DunDi, retrained"}
FROZEN: dict[str, Any] = METRIC | {"training": "DunDi, pre-trained", "frozen": models.frozen_parts, "precision": None}


def _mnist(i: int, architecture: str, base: Callable[[], models.Classifier]) -> list[Experiment]:
    """The native network of one topology, and DunDi on it, retrained and pre-trained."""
    name, f = "dundi-mnist-", MNIST | {"architecture": architecture, "shipped": True}
    native = Experiment(f"{name}native{i}", f"Native Model{i}", model=base, priority=7, **f | PLAIN)
    r, p = DistanceNetwork(base), DistanceNetwork(base, frozen=True)
    return [
        native,
        Experiment(f"{name}r{i}", f"DunDi_R{i}", model=r, priority=6.8, **f | RETRAINED),
        Experiment(f"{name}p{i}", f"DunDi_P{i}", model=p, priority=6.9, start=native, **f | FROZEN),
    ]


def _fewer_tuples(longest: Experiment) -> list[Experiment]:
    """Table 2, and the ablation with embeddings of unit length, on one of its lists."""
    run = replace(longest, priority=5.5)
    found = {
        k: replace(run, name=f"{run.name}-{k}", label=f"{run.label}, {k} tuples", sampler=tuples(count))
        for k, count in SHORT.items()
    }
    return [*found.values(), _unit(found["36k"], models.lenet1)]


def _unit(run: Experiment, base: Callable[[], models.Classifier]) -> Experiment:
    """The same with embeddings of unit length."""
    model = DistanceNetwork(base, unit=True)
    return replace(run, name=f"{run.name}-unit", label=f"{run.label}, unit length", model=model)


def _cifar10(width: str, base: Callable[[], models.Classifier], priority: float) -> list[Experiment]:
    """VGG-16 at one width: native, retrained and pre-trained; the narrow one also with unit length."""
    said, dash = (f", {width} width", f"-{width}") if width else ("", "")
    name, f = f"dundi-cifar10{dash}-", CIFAR10 | {"architecture": f"VGG-16{said}"}
    augmented = {"sampler": Batches(128, augment=Augment()), "optimizer": SGD(0.1, weight_decay=5e-4), "epochs": 200}
    # Fewer tuples on the narrow one, so that an epoch is affordable.
    retrained = RETRAINED | {"epochs": 200, "sampler": tuples(SHORT["36k"] if width else TUPLES), "affordable": 3}
    native = Experiment(
        f"{name}native", f"Native Model{said}", model=base, priority=priority, affordable=12, **f | PLAIN | augmented
    )
    r, p = DistanceNetwork(base), DistanceNetwork(base, frozen=True)
    found = [
        native,
        Experiment(f"{name}r", f"DunDi_R{said}", model=r, priority=priority - 0.2, **f | retrained),
        Experiment(f"{name}p", f"DunDi_P{said}", model=p, priority=priority - 0.1, start=native, **f | FROZEN),
    ]
    return [*found, replace(_unit(found[1], base), priority=priority - 0.3)] if width else found


SETTINGS = {
    "mnist": {"model": models.feinman_cnn, "priority": 7, **MNIST, "precision": "fast"},
    "cifar10": {"model": models.feinman_cifar_cnn, "priority": 5, **CIFAR10, "epochs": 60, "affordable": 8},
}
FEINMAN = [
    Experiment(f"dundi-{name}-feinman", "Feinman's network", architecture="Feinman's CNN", **fields | PLAIN)
    for name, fields in SETTINGS.items()
]
LENETS = (("LeNet-1", models.lenet1), ("LeNet-4", models.lenet4), ("LeNet-5", models.lenet5))
LENET_RUNS = [run for i, lenet in enumerate(LENETS, 1) for run in _mnist(i, *lenet)]
R1, R3 = LENET_RUNS[1], LENET_RUNS[7]
# At 1e-3 the embedding of R3 becomes very wide: once more with smaller steps, beside it.
SLOWER = replace(R3, name=f"{R3.name}-slower", label=f"{R3.label}, rate 3e-4", optimizer=Adam(3e-4), priority=6.7)
VGGS = (*_cifar10("quarter", quarter_vgg16, 4.5), *_cifar10("", models.vgg16, 2.0))
NETWORKS = (*LENET_RUNS, SLOWER, *_fewer_tuples(R1), *VGGS)
EXPERIMENTS = (*FEINMAN, *NETWORKS)
