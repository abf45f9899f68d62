"""The same methods on CIFAR-10: planned for a GPU and listed by `missing`, none of them trained yet.

Alike: ResNet-8, 45,000 augmented training images, batches of 128, SGD with one cycle up to 0.1, three seeds, and the
radius 8/255 with ten steps wherever attacked images are trained on. What differs is the method, as on MNIST.
"""

from dataclasses import replace
from typing import Any

from torch import nn

from robustlib.attacks import NFGSM, PGD
from robustlib.chapters.one_table.methods import METHODS, Method
from robustlib.chapters.one_table.runs import RECIPES, SEEDS
from robustlib.datasets import Augment, Batches, SiamesePairs, Triplets
from robustlib.experiments import Experiment
from robustlib.models import Classifier, Negate, distance_network, resnet, with_prototypes
from robustlib.objectives import AT2L, TRADES, AdversarialTraining
from robustlib.objectives.trades import NearCentre
from robustlib.training import SGD, OneCycle

PREFIX = "table-cifar10-"
EPS = 8 / 255
RADII = (2 / 255, 4 / 255, EPS)
IMAGES, BATCH = 45_000, 128


def resnet8() -> Classifier:
    """ResNet-8 for 32 x 32 colour images."""
    return resnet(8)


def reversed_resnet8() -> Classifier:
    """ResNet-8 whose logits are negated, as reverse cross-entropy reads them."""
    model = resnet8()
    return Classifier(model.body, nn.Sequential(model.head, Negate()))


def resnet8_of_distances() -> Classifier:
    """ResNet-8 under DunDi's embedding module of 128 dimensions."""
    return distance_network(resnet8())


def resnet8_with_prototypes() -> Classifier:
    """ResNet-8 with a trained prototype for each class."""
    return with_prototypes(resnet8())


CLIMB = PGD(EPS, steps=10, precision="fast")
COMMON: dict[str, Any] = {
    "dataset": "cifar10", "architecture": "ResNet-8", "model": resnet8, "sampler": Batches(BATCH, augment=Augment()),
    "optimizer": SGD(0.1, weight_decay=5e-4), "schedule": OneCycle(), "epochs": 50, "affordable": 5, "seeds": SEEDS,
    "precision": "fast",
}  # fmt: skip
# What differs from the recipe on MNIST, beside the network: the radius, and the weight that TRADES has on CIFAR-10.
OTHERWISE: dict[str, dict[str, Any]] = {
    "rce": {"model": reversed_resnet8},
    "dundi": {
        "model": resnet8_of_distances,
        "sampler": Triplets(BATCH, augment=Augment(), tuples=IMAGES, seed=0),
    },
    "madnet": {"sampler": SiamesePairs(BATCH // 2, augment=Augment(), pairs=IMAGES // 2)},
    "pcl": {"model": resnet8_with_prototypes},
    "nfgsm": {"objective": AdversarialTraining(NFGSM(EPS, precision="fast"), weight=1.0)},
    "pgd": {"objective": AdversarialTraining(CLIMB, weight=1.0)},
    "trades": {"objective": TRADES(replace(CLIMB, norm=NearCentre()), beta=6.0)},
    "at2l": {"objective": AT2L(CLIMB)},
    "at2l-without": {"objective": AT2L(CLIMB, lambda2=0.0)},
}


def trained(method: Method, start: Experiment | None = None) -> Experiment:
    """The network of one method."""
    recipe = {"objective": RECIPES[method.key]["objective"]} | OTHERWISE.get(method.key, {})
    fields = COMMON | recipe | {"start": start, "training": method.label, "priority": 1.5}
    return Experiment(PREFIX + method.key, method.label, **fields)


FIRST = {method.key: trained(method) for method in METHODS if not method.after}
EXPERIMENTS = tuple(trained(m, FIRST[m.after]) if m.after else FIRST[m.key] for m in METHODS)
