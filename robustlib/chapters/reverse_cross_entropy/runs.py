"""Reverse cross-entropy (Pang et al. 2018): the networks that are trained."""

from dataclasses import dataclass
from typing import Any

from robustlib.datasets import Augment, Batches
from robustlib.experiments.experiment import Experiment
from robustlib.interfaces import Objective
from robustlib.models import Classifier, preactivation_resnet
from robustlib.objectives import CrossEntropy, ReverseCrossEntropy
from robustlib.training import SGD, DecayWeights, OneCycle, Steps

# Released code: rate 0.1, momentum 0.9, weight decay 2e-4 on convolutions and dense weights, batches of 128.
OPTIMIZER = DecayWeights(SGD(0.1, weight_decay=2e-4))
# Below the paper's epochs steps of the rate come too early to be of use: one cycle instead.
SHARED: dict[str, Any] = {"optimizer": OPTIMIZER, "shorter": OneCycle()}
SETTINGS: dict[str, dict[str, Any]] = {
    "mnist": SHARED | {
        "sampler": Batches(128), "epochs": 47,  # 20,000 steps on 55,000 images
        "schedule": Steps((0.5, 0.75)),
    },
    "cifar10": SHARED | {
        "sampler": Batches(128, augment=Augment(2)), "epochs": 256,  # 90,000 steps on 45,000 images
        "schedule": Steps((4 / 9, 6 / 9, 8 / 9)),
    },
}  # fmt: skip
OBJECTIVES: dict[str, Objective] = {"CE": CrossEntropy(), "RCE": ReverseCrossEntropy()}
CHANNELS = {"mnist": 1, "cifar10": 3}
AFFORDABLE = {("mnist", 32): 10, ("cifar10", 32): 20, ("mnist", 56): 3, ("cifar10", 56): 5}
SEEDS = {("mnist", 32): (0, 1)}  # elsewhere one
PRIORITY = {("cifar10", 32): 9.0, ("mnist", 32): 8.5, ("mnist", 56): 6.0, ("cifar10", 56): 4.0}


@dataclass(frozen=True)
class Network:
    """A pre-activation ResNet, as a value that a result file can describe."""

    depth: int
    channels: int
    reverse: bool  # the logits are negated

    def __call__(self) -> Classifier:
        return preactivation_resnet(self.depth, channels=self.channels, reverse=self.reverse)


def planned(dataset: str, depth: int, loss: str) -> Experiment:
    """The network of one depth on one set, trained with one of the losses."""
    return Experiment(
        name=f"rce-{dataset}-resnet{depth}-{loss.lower()}", label=f"ResNet-{depth} ({loss})", dataset=dataset,
        architecture=f"ResNet-{depth}", training=loss, objective=OBJECTIVES[loss],
        model=Network(depth, CHANNELS[dataset], reverse=loss == "RCE"), affordable=AFFORDABLE[dataset, depth],
        priority=PRIORITY[dataset, depth], shipped=(dataset, depth) == ("mnist", 32),
        seeds=SEEDS.get((dataset, depth), (0,)), **SETTINGS[dataset],
    )  # fmt: skip


EXPERIMENTS = tuple(planned(dataset, depth, loss) for depth in (32, 56) for dataset in SETTINGS for loss in OBJECTIVES)
