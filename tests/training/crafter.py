"""The retraining that the kill tests interrupt. Run as a script: crafter.py FOLDER WEIGHTS.

It says "batch" on standard output whenever a batch of adversarial images was asked for.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from robustlib.attacks import BIM, NFGSM
from robustlib.datasets import Crafted, load
from robustlib.models import Classifier, Normalize
from robustlib.objectives import AT2L
from robustlib.training import Adam, retrain


@dataclass(frozen=True)
class Announced:
    """An attack that says on standard output when it is called."""

    attack: NFGSM | BIM

    def __call__(self, model, x, y):
        sys.stdout.write("batch\n")
        sys.stdout.flush()
        return self.attack(model, x, y)


def network(seed: int) -> Classifier:
    """A small network with dropout and batch-norm statistics."""
    torch.manual_seed(seed)
    layers = [Normalize((0.13,), (0.31,)), nn.Conv2d(1, 4, 5, 4), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.3)]
    return Classifier(nn.Sequential(*layers, nn.Flatten()), nn.Linear(4 * 6 * 6, 10))


def whole(folder: Path) -> Classifier:
    """Three rounds of algorithm 2 on two attacks, another network and itself."""
    model, other = network(0), network(1).eval()
    attacks = {"N-FGSM": Announced(NFGSM(0.1)), "I-FGSM": Announced(BIM(0.2, 4))}
    split = load("mnist_5k").train.subset(slice(120))
    options = {"sampler": Crafted(20), "optimizer": Adam(1e-2), "images": {"I-FGSM": 60}, "batch": 30, "seed": 3}
    for _ in retrain(model, split, AT2L(), attacks, folder, sources={"g": other}, progress=False, **options):
        pass
    return model


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.save(whole(Path(sys.argv[1])).state_dict(), sys.argv[2])
