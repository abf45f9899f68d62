"""Defense-GAN's projection: 100 images and 10 restarts as one batch, beside one image at a time in two ways."""

import statistics
import sys
from dataclasses import replace
from functools import partial
from timeit import timeit
from typing import Any

import torch
from keep import keep

from robustlib.models import Generator, Search

LATENT, WIDTH, IMAGES, RESTARTS, STEPS, REPEATS = 32, 0.25, 100, 10, 5, 5
seconds = partial(timeit, number=1)


def main() -> None:
    """Seconds for an image and a step of its restarts; and what 200 steps of all of them cost. Random weights."""
    torch.manual_seed(0)
    generator = Generator(LATENT, WIDTH).requires_grad_(False).to(memory_format=torch.channels_last)
    x, search, single = torch.rand(IMAGES, 1, 28, 28), Search(STEPS, RESTARTS), Search(STEPS, 1)

    def batched() -> None:
        search(generator, x)

    def narrow() -> None:
        replace(search, precision=torch.bfloat16)(generator, x)

    def by_image() -> None:
        search(generator, x[:1])

    def by_restart() -> None:
        for _ in range(RESTARTS):
            single(generator, x[:1])

    ways = {
        "all at once": (batched, IMAGES),
        "all at once in bfloat16": (narrow, IMAGES),
        "image by image": (by_image, 1),
        "restart by restart": (by_restart, 1),
    }
    for run, _ in ways.values():
        run()
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(REPEATS):  # in turn, so that other load meets all of them
        for name, (run, images) in ways.items():
            times[name].append(seconds(run) / images / STEPS)
    best = {name: min(found) for name, found in times.items()}
    lines: list[dict[str, Any]] = []
    for name, found in times.items():
        line = {"way": name, "best": best[name], "median": statistics.median(found), "images": IMAGES,
                "restarts": RESTARTS, "ratio": best[name] / best["all at once"]}  # fmt: skip
        lines.append(line)
        sys.stdout.write(
            f"projection, {name}: best {1e3 * line['best']:.2f} ms, median {1e3 * line['median']:.2f} ms for a "
            f"step of an image's {RESTARTS} restarts, {line['ratio']:.1f} times that of all at once; 200 steps "
            f"{200 * line['best']:.2f} s an image; {torch.get_num_threads()} thread(s), torch {torch.__version__}\n"
        )
    keep(__file__, lines)


if __name__ == "__main__":
    main()
