"""Adversarial examples: a pair of networks small enough for a page, which differ in how they were trained."""

from typing import Any

from robustlib.attacks import PGD, RandomEps
from robustlib.datasets import Batches
from robustlib.experiments import Experiment
from robustlib.models import small_lenet
from robustlib.objectives import AdversarialTraining, CrossEntropy
from robustlib.training import Adam, OneCycle

SHARED: dict[str, Any] = {
    "dataset": "mnist", "architecture": "small LeNet", "model": small_lenet, "sampler": Batches(128),
    "optimizer": Adam(1e-3), "schedule": OneCycle(), "shipped": True,
}  # fmt: skip

STANDARD = Experiment(
    "live-lenet-ce", "standard network", training="cross-entropy", objective=CrossEntropy(), epochs=5,
    priority=3.0, **SHARED,
)  # fmt: skip

# From random weights and at eps 0.3 so small a network learns nothing: after 240 batches its loss is still ln 10. So it
# starts from the standard network, and each batch draws its radius.
TRAINED = Experiment(
    "live-lenet-pgd", "PGD-trained network", training="PGD", start=STANDARD, epochs=8, priority=2.9,
    objective=AdversarialTraining(RandomEps(PGD(0.3, steps=10, precision="fast"), 0.1, 0.3), weight=1.0), **SHARED,
)  # fmt: skip

EXPERIMENTS = (STANDARD, TRAINED)
