"""Runs notebooks at a scale and stores none of them: what breaks, how long each takes. `make notebooks-full` calls it.

Each notebook has a time limit of its own, and one that fails or is too slow does not stop the others. A summary comes
last. `--record` keeps the CPU seconds of those that ran to the end, from which the setup cells take their minutes.
"""

import argparse
import asyncio
import json
import os
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from setup_cell import ROOT, RUN_TIMES, SCALES, notebooks, page_of

HOW = (
    "CPU seconds of the whole notebook, import and data included, with one thread (OMP_NUM_THREADS=1): what it takes "
    "on a core of its own. Written by `python book/trial_runs.py --record`, never by hand."
)


@dataclass(frozen=True)
class Trial:
    """How one notebook fared."""

    path: Path
    seconds: float  # by the wall clock
    cpu: float
    problem: str = ""  # of one line; nothing where every cell ran

    def __str__(self) -> str:
        outcome = self.problem or "ran to the end"
        return f"{page_of(self.path)}: {self.seconds:.0f} s, {self.cpu:.0f} s of CPU: {outcome}"


def tried(path: Path, limit: float) -> Trial:
    """Run one notebook top to bottom, for `limit` seconds at most."""
    notebook: Any = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=None,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        shutdown_kernel="immediate",
    )
    started, before, problem = time.perf_counter(), kernels(), ""
    try:
        asyncio.run(asyncio.wait_for(client.async_execute(), limit))
    except (TimeoutError, CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        if time.perf_counter() - started >= limit:  # whatever the kernel says of its end
            problem = f"stopped after {limit:.0f} s in cell {unfinished(notebook)}"
        else:
            said = f"{getattr(error, 'ename', type(error).__name__)}: {getattr(error, 'evalue', error)}"
            problem = f"cell {unfinished(notebook)} failed: {' '.join(said.split())[:400]}"
    return Trial(path, time.perf_counter() - started, kernels() - before, problem)


def kernels() -> float:
    """CPU seconds of all kernels that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def unfinished(notebook: Any) -> str:
    """The cell that ran last: its id and first line."""
    ran = [c for c in notebook.cells if c.cell_type == "code" and c.metadata.get("execution")]
    return f"{ran[-1].id} ({ran[-1].source.strip().splitlines()[0]})" if ran else "1"


def record(trials: list[Trial], scale: str) -> None:
    """Add what ran to the end to run_times.json."""
    stored = json.loads(RUN_TIMES.read_text())
    for trial in trials:
        if not trial.problem:
            stored["seconds"].setdefault(page_of(trial.path), {})[f"{scale} on CPU"] = round(trial.cpu)
    stored = {"how": HOW, "seconds": dict(sorted(stored["seconds"].items()))}
    RUN_TIMES.write_text(json.dumps(stored, indent=2) + "\n")


def tell(line: str, log: Path | None) -> None:
    """A line on the screen, and at the end of the log."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
    if log:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")


def main() -> int:
    """Try each notebook, say how it fared as soon as it is known, and sum up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebook", nargs="*", type=Path, help="default: every notebook of _toc.yml")
    parser.add_argument("--scale", choices=SCALES, default="full")
    parser.add_argument("--limit", type=float, default=1800, help="seconds that a notebook may take")
    parser.add_argument("--record", action="store_true", help="keep the times; only without a GPU, and with one thread")
    parser.add_argument("--log", type=Path, help="where the lines are written, too")
    arguments = parser.parse_args()
    if arguments.record and os.environ.get("OMP_NUM_THREADS") != "1":
        parser.error("times are recorded with OMP_NUM_THREADS=1, so that they mean the same everywhere")
    os.environ["ROBUSTLIB_SCALE"] = arguments.scale
    trials = []
    for path in [given.resolve() for given in arguments.notebook] or notebooks():
        trials.append(tried(path, arguments.limit))
        tell(str(trials[-1]), arguments.log)
        if arguments.record:
            record(trials[-1:], arguments.scale)
    failed = [trial for trial in trials if trial.problem]
    tell(f"at {arguments.scale}: {len(trials) - len(failed)} of {len(trials)} notebooks ran to the end", arguments.log)
    for trial in failed:
        tell(f"  not {page_of(trial.path)}", arguments.log)
    if arguments.record:
        sys.stdout.write(f"times in {RUN_TIMES.relative_to(ROOT)}: now `make setup-cell`\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
