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
import torch
started = time.perf_counter()
for name in sys.argv[1:]:
    importlib.import_module(name)
sys.stdout.write(str(time.perf_counter() - started))
"""


def main() -> None:
    """All rooms, and all but the figures; one line on standard output."""
    rooms = ["robustlib", *(f"robustlib.{m.name}" for m in pkgutil.iter_modules(robustlib.__path__))]
    without = [room for room in rooms if room != "robustlib.figures"]
    times: dict[str, list[float]] = {"all rooms": [], "without figures": []}
    for _ in range(REPEATS):
        for words, found in zip((rooms, without), times.values(), strict=True):
            command = [sys.executable, "-c", TIMED, *words]
            found.append(float(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    text = ", ".join(f"{name} {min(t):.2f} s (median {statistics.median(t):.2f} s)" for name, t in times.items())
    sys.stdout.write(
        f"import beyond torch: {text} over {REPEATS} fresh interpreters; "
        f"{torch.get_num_threads()} thread(s), torch {torch.__version__}\n"
    )


if __name__ == "__main__":
    main()
