"""Kernel-density scores of 10,000 features against 10 x 1000 centres: each against its class's, and their gradient."""

import statistics
import sys
from functools import partial
from timeit import timeit

import torch
from torch import nn

from robustlib.detectors import KernelDensity
from robustlib.models import Classifier

IMAGES, CLASSES, PER_CLASS, WIDTH, GAMMA, REPEATS = 10_000, 10, 1000, 64, 2.6, 11
seconds = partial(timeit, number=1)


def main() -> None:
    """Random features, so that nothing but the density is timed; one line on standard output."""
    torch.manual_seed(0)
    model = Classifier(nn.Flatten(), nn.Linear(WIDTH, CLASSES))
    label = torch.arange(CLASSES).repeat_interleave(PER_CLASS)
    detector = KernelDensity(model, torch.randn(len(label), WIDTH), label, GAMMA, "none")
    z, y = torch.randn(IMAGES, WIDTH), torch.randint(CLASSES, (IMAGES,))

    def score() -> None:
        detector.log_density(z, y)

    def gradient() -> None:
        moved = z.clone().requires_grad_(True)
        torch.autograd.grad(detector.log_density(moved, y).sum(), moved)

    seconds(score), seconds(gradient)
    times = [(seconds(score), seconds(gradient)) for _ in range(REPEATS)]
    alone, both = zip(*times, strict=True)
    sys.stdout.write(
        f"kernel density, {IMAGES:,} features against {CLASSES} x {PER_CLASS} centres of width {WIDTH}: best "
        f"{min(alone):.2f} s, median {statistics.median(alone):.2f} s; with gradient best {min(both):.2f} s, median "
        f"{statistics.median(both):.2f} s over {REPEATS} repeats; "
        f"{torch.get_num_threads()} thread(s), torch {torch.__version__}\n"
    )


if __name__ == "__main__":
    main()
