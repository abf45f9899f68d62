"""MadNet (Rozenberg et al. 2020): the networks that are trained, its ablation, and the baselines beside it."""

from dataclasses import dataclass, replace
from typing import Any

from robustlib.attacks import PGD, RandomEps
from robustlib.datasets import Augment, Batches, SiamesePairs
from robustlib.experiments import Experiment
from robustlib.models import Classifier, preactivation_resnet, with_prototypes
from robustlib.objectives import MAD, PrototypeConformity
from robustlib.training import SGD, DecayWeights, OneCycle, Steps

# Appendix C prints an L2 term of 0.002; the released code has 0.0002 in Keras, which is a weight decay of 4e-4 here.
OPTIMIZER = DecayWeights(SGD(0.1, weight_decay=4e-4))
# The released steps of the rate, as shares of the schedule; below the paper's epochs one cycle instead.
SCHEDULES = {"mnist": Steps((0.25, 0.5, 0.75, 0.83)), "cifar": Steps((0.25, 0.44, 0.63, 0.81))}
CHANNELS, CLASSES = {"mnist": 1, "cifar10": 3, "cifar100": 3}, {"mnist": 10, "cifar10": 10, "cifar100": 100}
EPOCHS = {"mnist": 80, "cifar10": 400, "cifar100": 400}  # appendix C
AFFORDABLE = {"mnist": 3, "cifar10": 5, "cifar100": 5}
IMAGES = {"mnist": 55_000, "cifar10": 45_000, "cifar100": 45_000}  # of an epoch: half as many pairs
# Paper silent on the radius: 0.1 to 0.3 on MNIST, and 0.02 to 0.05 on CIFAR as Mustafa et al. 2019 train.
ATTACK = {
    "mnist": RandomEps(PGD(0.3, steps=10, precision="fast"), 0.1, 0.3),
    "cifar": RandomEps(PGD(0.05, steps=10, precision="fast"), 0.02, 0.05),
}

# Every method differs from its neighbour in one term. All of MAD's see the same pairs.
CE = MAD(siamese=0.0, variance=0.0, jacobian=0.0, alpha=1.0)
SMOOTHING = replace(CE, alpha=0.8)
SIAMESE = replace(SMOOTHING, siamese=1.0)
VARIANCE = replace(SIAMESE, variance=1.0)
METHODS: dict[str, tuple[str, MAD | PrototypeConformity]] = {
    "ce": ("CE", CE),
    "smoothing": ("CE + smoothing", SMOOTHING),
    "siamese": ("CE + smoothing + Siamese", SIAMESE),
    "variance": ("CE + smoothing + Siamese + RVL", VARIANCE),
    "mad": ("MAD", MAD()),
    "released": ("MAD, released Jacobian", MAD(method="released")),
    "jacobian": ("CE + Jacobian", replace(CE, jacobian=0.01)),
    "pcl": ("PCL", PrototypeConformity()),
}
ABLATION = ("ce", "smoothing", "siamese", "variance", "mad", "released", "jacobian")
PRINTED = ("ce", "mad", "pcl")  # the columns of tables 1 to 3, each with and without PGD training
SHIPPED = {f"madnet-mnist-resnet8-{name}" for name in ("ce", "mad", "mad-pgd", "jacobian")}  # those that a reader needs
SEEDS = dict.fromkeys(("ce", "mad", "jacobian"), (0, 1, 2))  # the others: one


@dataclass(frozen=True)
class Network:
    """A pre-activation ResNet with leaky ReLU of slope 0.1, as a value that a result file can describe."""

    depth: int
    channels: int
    classes: int
    prototypes: bool = False

    def __call__(self) -> Classifier:
        model = preactivation_resnet(self.depth, self.classes, self.channels)
        # The released rate of the prototypes, 0.5, beside a tenth of it: momentum makes ten of it here.
        return with_prototypes(model, rate=0.5) if self.prototypes else model


def name_of(dataset: str, method: str, depth: int = 8, pgd: bool = False) -> str:
    """The experiment of a method, e.g. "madnet-mnist-resnet8-mad-pgd"."""
    return f"madnet-{dataset}-resnet{depth}-{method}" + ("-pgd" if pgd else "")


def planned(dataset: str, method: str, depth: int = 8, pgd: bool = False) -> Experiment:
    """One network: a method on a set, with or without PGD training."""
    training, objective = METHODS[method]
    images = "mnist" if dataset == "mnist" else "cifar"
    augment = None if images == "mnist" else Augment(2)
    single = isinstance(objective, PrototypeConformity)
    sampler: Any = (
        Batches(128, augment=augment) if single else SiamesePairs(64, augment=augment, pairs=IMAGES[dataset] // 2)
    )
    seeds = SEEDS.get(method, (0,)) if (dataset, depth, pgd) == ("mnist", 8, False) else (0,)
    training = f"{training} + PGD" if pgd else training
    return Experiment(
        name=name_of(dataset, method, depth, pgd), label=f"ResNet-{depth} ({training})", dataset=dataset,
        architecture=f"ResNet-{depth}", training=training,
        model=Network(depth, CHANNELS[dataset], CLASSES[dataset], prototypes=single), sampler=sampler,
        objective=replace(objective, attack=ATTACK[images]) if pgd else objective, optimizer=OPTIMIZER,
        schedule=SCHEDULES[images], shorter=OneCycle(), epochs=EPOCHS[dataset], affordable=AFFORDABLE[dataset],
        seeds=seeds, shipped=name_of(dataset, method, depth, pgd) in SHIPPED, priority=8.0 if depth == 8 else 2.0,
    )  # fmt: skip


EXPERIMENTS = (
    *(planned("mnist", method) for method in METHODS),
    *(planned("mnist", method, pgd=True) for method in PRINTED),
    *(planned(dataset, method) for dataset in ("cifar10", "cifar100") for method in ("ce", "mad")),
    *(planned(dataset, method, 56, pgd) for dataset in EPOCHS for method in PRINTED for pgd in (False, True)),
)
