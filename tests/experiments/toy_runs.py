"""Toy data, a toy network and a toy measurement for the tests of this room: seconds instead of hours, the same code."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import nn

from robustlib.attacks import FGSM, Noise
from robustlib.datasets import Batches, Dataset, load
from robustlib.evaluation import under_attack
from robustlib.experiments import Experiment, Findings, Measurement, Row, Subject
from robustlib.experiments.rows import accuracy_row
from robustlib.models import Classifier, Normalize
from robustlib.objectives import CrossEntropy
from robustlib.training import Adam


@cache
def digits(train: int = 200, test: int = 40) -> Dataset:
    """A few embedded digits under the name of the full set."""
    whole = load("mnist_5k")
    parts = (whole.train.subset(slice(train)), whole.validation.subset(slice(60)), whole.test.subset(slice(test)))
    return Dataset("mnist", *parts, whole.classes, whole.mean, whole.std, "archive")


def tiny() -> Classifier:
    """One narrow convolution and an embedding."""
    layers = [Normalize((0.13,), (0.31,)), nn.Conv2d(1, 4, 5, 4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 8)]
    return Classifier(nn.Sequential(*layers), nn.Linear(8, 10))


def toy(name: str = "toy", **changes: Any) -> Experiment:
    """Two passes of eight batches."""
    fields: dict[str, Any] = {"label": "Toy", "dataset": "mnist", "architecture": "tiny", "training": "CE"}
    fields |= {"model": tiny, "sampler": Batches(25), "objective": CrossEntropy(), "optimizer": Adam(1e-2)}
    return Experiment(name=name, **(fields | {"epochs": 2, "precision": None} | changes))


@dataclass(frozen=True)
class Two:
    """Noise and FGSM, the first weight of the network that was measured, and the unfinished work in the folder."""

    eps: float = 0.1

    def __call__(self, on: Subject) -> Findings:
        attacks = {"noise": Noise(self.eps), "FGSM": FGSM(self.eps)}
        left = sorted(path.name for path in on.folder.iterdir())
        data = on.dataset.test[: on.n]
        found = under_attack(on.model, attacks, data, seed=on.seed, checkpoint=on.folder / "two.pt")
        rows = [accuracy_row(found["clean"])]
        rows += [accuracy_row(found[name], attack=name, norm="Linf", eps=self.eps) for name in attacks]
        rows += [Row("first weight", on.model.head.weight[0, 0].item(), series={"left": left})]
        return Findings(rows, attacks)


def look(of: str = "toy", kind: str = "look", **changes: Any) -> Measurement:
    """What is measured of a toy, on 20 images."""
    return Measurement(of, kind, **({"evaluate": Two(), "n": 20} | changes))


def same_weights(a: nn.Module, b: nn.Module) -> bool:
    """Whether two models are equal bit for bit."""
    return all(torch.equal(s, t) for s, t in zip(a.state_dict().values(), b.state_dict().values(), strict=True))
