"""PGD with 40 steps on LeNet-5 against its floor: 40 forward passes with an input gradient, and nothing else."""

import statistics
import sys
from functools import partial
from timeit import timeit

import torch

from robustlib.attacks import PGD
from robustlib.datasets import load
from robustlib.losses import cross_entropy
from robustlib.models import lenet5

STEPS, IMAGES, REPEATS = 40, 100, 11
seconds = partial(timeit, number=1)


def main() -> None:
    """Interleaved repeats, so that a busy machine slows both alike; one line on standard output."""
    torch.manual_seed(0)
    model, (x, y) = lenet5().eval().requires_grad_(False), load("mnist_5k").test[:IMAGES]
    pgd = PGD(0.3, steps=STEPS)

    def floor() -> None:
        moved = x.clone().requires_grad_(True)
        for _ in range(STEPS):
            torch.autograd.grad(cross_entropy(model(moved), y).sum(), moved)

    def attack() -> None:
        pgd(model, x, y)

    seconds(floor), seconds(attack)
    times = [(seconds(floor), seconds(attack)) for _ in range(REPEATS)]
    bare, whole = (min(column) for column in zip(*times, strict=True))
    median = statistics.median(b / a for a, b in times)
    sys.stdout.write(
        f"PGD-{STEPS} on LeNet-5, {IMAGES} images: {1000 * whole:.0f} ms, floor {1000 * bare:.0f} ms, "
        f"ratio of the minima {whole / bare:.3f}, median ratio {median:.3f} over {REPEATS} interleaved repeats; "
        f"{torch.get_num_threads()} thread(s), torch {torch.__version__}\n"
    )


if __name__ == "__main__":
    main()
