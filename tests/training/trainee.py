"""The training that the kill tests interrupt. Run as a script: trainee.py CHECKPOINT WEIGHTS [torn-write].

With `torn-write` the third checkpoint is written half, announced on standard output, and never finished.
"""

import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from robustlib.datasets import Augment, Batches, load
from robustlib.files import states, whole
from robustlib.models import Classifier, Normalize
from robustlib.objectives import CrossEntropy
from robustlib.training import Adam, Cosine, fit

STEPS, EPOCHS = 12, 6  # batches a pass, passes


@dataclass(frozen=True)
class Announced:
    """Cross-entropy that says on standard output when it is called."""

    def __call__(self, model, x, y):
        sys.stdout.write("step\n")
        sys.stdout.flush()
        return CrossEntropy()(model, x, y)


def network() -> Classifier:
    """A small network with dropout and batch-norm statistics, from seed 0."""
    torch.manual_seed(0)
    layers = [Normalize((0.13,), (0.31,)), nn.Conv2d(1, 4, 5, 4), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.3)]
    return Classifier(nn.Sequential(*layers, nn.Flatten()), nn.Linear(4 * 6 * 6, 10))


def train(checkpoint: Path | None) -> Classifier:
    """The whole run, from the seed or from the checkpoint, which is written after every step."""
    model = network()
    loader = Batches(20, augment=Augment(2))(load("mnist_5k").train.subset(slice(20 * STEPS)))
    options = {"optimizer": Adam(1e-2), "epochs": EPOCHS, "schedule": Cosine(), "progress": False}
    fit(model, loader, Announced(), checkpoint=checkpoint, save_every=0, **options)
    return model


def tear_the_third_write() -> None:
    """From now on the third state is written half, and the process stalls."""
    wrote, calls = states.write_bytes, []

    def torn(path, *parts):
        calls.append(1)
        if len(calls) < 3:
            return wrote(path, *parts)
        content = b"".join(parts)
        with whole(path) as file:
            file.write(content[: len(content) // 2])
            file.flush()
            sys.stdout.write("half written\n")
            sys.stdout.flush()
            time.sleep(300)
        raise AssertionError("not killed")

    states.write_bytes = torn


if __name__ == "__main__":
    torch.set_num_threads(1)
    if sys.argv[3:] == ["torn-write"]:
        tear_the_third_write()
    torch.save(train(Path(sys.argv[1])).state_dict(), sys.argv[2])
