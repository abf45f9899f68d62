"""Batches of 128 digits from a device-resident split: images a second, without a model."""

import statistics
import sys
import time

import torch

from robustlib.datasets import Batches, load

SIZE, REPEATS = 128, 11


def main() -> None:
    """Whole passes over the training digits at hand; one line on standard output."""
    torch.manual_seed(0)
    train = load("mnist_5k").train
    loader, rates = Batches(SIZE)(train), []
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        count = sum(len(y) for _, y in loader)
        rates.append(count / (time.perf_counter() - started))
    rates = rates[1:]  # the first pass warms up
    sys.stdout.write(
        f"batches of {SIZE} from {len(train):,} resident digits: best {max(rates):,.0f}, median "
        f"{statistics.median(rates):,.0f} images/s over {REPEATS} passes; "
        f"{torch.get_num_threads()} thread(s), torch {torch.__version__}\n"
    )


if __name__ == "__main__":
    main()
