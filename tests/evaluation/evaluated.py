"""The evaluation that the kill test interrupts. Run as a script: evaluated.py CHECKPOINT OUTCOMES."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from robustlib.attacks import PGD, Noise, Restarts
from robustlib.evaluation import Outcome, under_attack
from robustlib.models import lenet1

BATCH, N = 4, 27


@dataclass(frozen=True)
class Announced:
    """An attack that says on standard output when it is called."""

    attack: Any

    def __call__(self, model, x, y):
        sys.stdout.write("batch\n")
        sys.stdout.flush()
        return self.attack(model, x, y)


def target():
    """A small network, images, and the labels that it gives them, three of them spoilt."""
    torch.manual_seed(0)
    net, x = lenet1().eval(), torch.rand(N, 1, 28, 28)
    y = net(x).argmax(1)
    y[[3, 17, 20]] = (y[[3, 17, 20]] + 1) % 10
    return net, (x, y)


ATTACKS = {
    "noise": Announced(Noise(0.05)),
    "PGD": Announced(PGD(0.004, steps=3, stop_early=True)),
    "restarts": Announced(Restarts(PGD(0.003, steps=2), 3)),
}


def evaluate(checkpoint: Path | None, **changes: Any) -> dict[str, Outcome]:
    """The whole evaluation, or what is left of it."""
    net, data = target()
    return under_attack(net, ATTACKS, data, **{"seed": 3, "batch": BATCH, "checkpoint": checkpoint} | changes)


def bits(outcomes: dict[str, Outcome]) -> dict[str, torch.Tensor]:
    """Every outcome of every example."""
    return {f"{name} {of}": getattr(o, of) for name, o in outcomes.items() for of in ("correct", "linf", "l2")}


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.save(bits(evaluate(Path(sys.argv[1]))), sys.argv[2])
