"""Adversarial training of LeNet-5 on MNIST against its floor: the passes that a step asks for, and nothing else.

`python benchmarks/speed/training_floor.py --out` keeps the lines in data/results/speed, with the CPU's features.

CPU seconds of one thread, a pass of `fit` and the floor in turn, medians of eleven rounds over twenty batches of 128.
The floor has the input gradients of the attack and the weights' gradients of the step, on the same images in the same
batches and arithmetic: no noise, no sign, no ball, no optimiser, no batch drawn. An epoch is the 55,000 images.
"""

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from keep import keep
from torch import nn

from robustlib.attacks import NFGSM, PGD
from robustlib.datasets import Batches, load
from robustlib.interfaces import Images, Labels
from robustlib.losses import cross_entropy
from robustlib.models import lenet5
from robustlib.objectives import AT2L, AdversarialTraining
from robustlib.precision import bfloat16_unit
from robustlib.training import Adam, fit

ROUNDS, BATCHES, SIZE, EPOCH = 11, 20, 128, 55_000
WITHIN = {"Madry, PGD-10": 1.10}  # times the floor, at most
# objective, input gradients a step, and how often the batch goes through the step's own forward
OBJECTIVES = {
    "Madry, PGD-10": (AdversarialTraining(PGD(0.3, 10), 1.0), 10, 1),
    "equation 1, PGD-10": (AdversarialTraining(PGD(0.3, 10), 0.5), 10, 2),
    "AT2L, PGD-10": (AT2L(PGD(0.3, 10), 1.0), 10, 2),
    "TLA, PGD-10": (AT2L.tla(PGD(0.3, 10)), 10, 2),
    "N-FGSM": (AdversarialTraining(NFGSM(0.3), 1.0), 1, 1),
}


def floor(model: nn.Module, batches: list[tuple[Images, Labels]], gradients: int, times: int) -> None:
    """So many input gradients of each batch, and one gradient of the weights on `times` copies of it."""
    for x, y in batches:
        moved = x.detach().requires_grad_(True)
        for _ in range(gradients):
            torch.autograd.grad(cross_entropy(model(moved), y).sum(), moved)
        cross_entropy(model(torch.cat([x] * times)), torch.cat([y] * times)).mean().backward()
        model.zero_grad()


def seconds(call: Callable[[], Any]) -> float:
    """CPU seconds of one call."""
    started = time.process_time()
    call()
    return time.process_time() - started


def main() -> None:
    """One line for each objective."""
    torch.set_num_threads(1)
    split = load("mnist_5k").train.subset(slice(BATCHES * SIZE))
    loader = Batches(SIZE)(split)
    unit = f"{torch.backends.cpu.get_cpu_capability()}, bfloat16 unit {bfloat16_unit()}"
    sys.stdout.write(f"float32, {unit}\n\n| training | ms a step | floor, ms | times the floor | CPU s an epoch |\n")
    sys.stdout.write("|---" * 5 + "|\n")
    kept: list[dict[str, Any]] = []
    for name, (objective, gradients, times) in OBJECTIVES.items():
        torch.manual_seed(0)
        model = lenet5()
        fitting = {"optimizer": Adam(), "epochs": 1, "progress": False}
        fit(model, loader, objective, **fitting)  # type: ignore[arg-type]
        batches = list(loader)
        rounds = [
            (
                seconds(lambda: fit(model, loader, objective, **fitting)),  # type: ignore[arg-type]  # noqa: B023
                seconds(lambda: floor(model, batches, gradients, times)),  # noqa: B023
            )
            for _ in range(ROUNDS)
        ]
        ours, bare = (statistics.median(column) for column in zip(*rounds, strict=True))
        ratio = statistics.median(a / b for a, b in rounds)
        step, least, epoch = 1000 * ours / BATCHES, 1000 * bare / BATCHES, ours * EPOCH / (BATCHES * SIZE)
        sys.stdout.write(f"| {name} | {step:.1f} | {least:.1f} | {ratio:.3f} | {epoch:.0f} |\n")
        sys.stdout.flush()
        line = {"what": name, "ms": round(step, 2), "floor_ms": round(least, 2), "times": round(ratio, 3)}
        kept.append(line | {"epoch_s": round(epoch, 1)} | ({"at_most": WITHIN[name]} if name in WITHIN else {}))
    keep(__file__, kept)


if __name__ == "__main__":
    main()
