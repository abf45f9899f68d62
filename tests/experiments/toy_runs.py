"""Toy data and a toy experiment for the tests of this room: seconds instead of hours, the same code."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from robustlib.attacks import FGSM, Noise
from robustlib.datasets import Batches, Dataset, load
from robustlib.evaluation import under_attack
from robustlib.experiments import Experiment, Measured
from robustlib.models import Classifier, Normalize
from robustlib.objectives import CrossEntropy
from robustlib.training import Adam


def digits(train: int = 200, test: int = 8) -> Dataset:
    """A few embedded digits under the name of the full set."""
    whole = load("mnist_5k")
    parts = (whole.train.subset(slice(train)), whole.validation.subset(slice(60)), whole.test.subset(slice(test)))
    return Dataset("mnist", *parts, whole.classes, whole.mean, whole.std, "archive")


def tiny() -> Classifier:
    """One narrow convolution and an embedding."""
    layers = [Normalize((0.13,), (0.31,)), nn.Conv2d(1, 4, 5, 4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 8)]
    return Classifier(nn.Sequential(*layers), nn.Linear(8, 10))


@dataclass(frozen=True)
class Two:
    """Noise and FGSM, and the first weight of the model that was measured."""

    def __call__(self, model: Classifier, dataset: Any, n: int) -> Measured:
        attacks = {"noise": Noise(0.1), "FGSM": FGSM(0.1)}
        outcomes = under_attack(model, attacks, dataset.test[:n])
        return Measured(outcomes, {"first weight": model.head.weight[0, 0].item()}, attacks)


def toy(name: str = "toy", **changes: Any) -> Experiment:
    """Two passes of eight batches."""
    fields: dict[str, Any] = {"paper": "robust_representations", "row": "Toy", "dataset": "mnist", "model": tiny}
    fields |= {"sampler": Batches(25), "objective": CrossEntropy(), "optimizer": Adam(1e-2), "epochs": 2}
    fields |= {"evaluate": Two(), "precision": None, "n": 20}
    return Experiment(name=name, **(fields | changes))


def same_weights(a: nn.Module, b: nn.Module) -> bool:
    """Whether two models are equal bit for bit."""
    return all(torch.equal(s, t) for s, t in zip(a.state_dict().values(), b.state_dict().values(), strict=True))
