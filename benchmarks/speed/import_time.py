"""What `import robustlib` and all its rooms cost beyond `import torch`, each time in a fresh interpreter."""

import pkgutil
import statistics
import subprocess
import sys

import torch

import robustlib

REPEATS = 5
TIMED = """
import importlib, sys, time
started = time.perf_counter()
import torch
between = time.perf_counter()
for name in sys.argv[1:]:
    importlib.import_module(name)
sys.stdout.write(f"{time.perf_counter() - between} {between - started}")
"""


def main() -> None:
    """All rooms, and all but the figures; one line on standard output."""
    rooms = ["robustlib", *(f"robustlib.{m.name}" for m in pkgutil.iter_modules(robustlib.__path__))]
    without = [room for room in rooms if room != "robustlib.figures"]
    times: dict[str, list[float]] = {"all rooms": [], "without figures": []}
    shares: dict[str, list[float]] = {name: [] for name in times}
    for _ in range(REPEATS):
        for words, name in zip((rooms, without), times, strict=True):
            command = [sys.executable, "-c", TIMED, *words]
            own, of_torch = map(
                float, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
            )
            times[name].append(own)
            shares[name].append(own / of_torch)
    text = ", ".join(
        f"{name} {min(t):.2f} s (median {statistics.median(t):.2f} s, {statistics.median(shares[name]):.2f} of torch's)"
        for name, t in times.items()
    )
    sys.stdout.write(
        f"import beyond torch: {text} over {REPEATS} fresh interpreters; "
        f"{torch.get_num_threads()} thread(s), torch {torch.__version__}\n"
    )


if __name__ == "__main__":
    main()
