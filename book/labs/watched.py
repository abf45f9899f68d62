"""A command that is watched: it ends by itself, or at its limit of time or memory, and takes its children with it."""

import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

BLINK = 0.1  # seconds between two looks


@dataclass(frozen=True)
class Limits:
    """How long a command may run and how much memory it may hold, with all the processes that it starts."""

    seconds: float = 300  # of CPU time; a sleeping command is stopped after `patience` times as many by the clock
    gigabytes: float = 4
    patience: float = 4

    def __post_init__(self) -> None:
        if not (self.seconds > 0 and self.gigabytes > 0 and self.patience >= 1):
            raise ValueError(f"limits are above 0, and patience is at least 1, got {self}")


@dataclass(frozen=True)
class Watched:
    """How a command ended: "done", "time" or "memory"; what it took."""

    ended: str
    code: int
    seconds: float  # of CPU time
    megabytes: float  # the most that its processes held together


def run(command: list[str], limits: Limits, cwd: Path, env: dict[str, str], log: Path) -> Watched:
    """Run a command under limits; what it prints goes to a file."""
    spent: dict[psutil.Process, float] = {}  # every process that was seen, a kernel in a session of its own among them
    peak, before, ended, started = 0.0, 0.0, "done", time.monotonic()
    with log.open("w", encoding="utf-8") as out:
        child = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
        )
        root = psutil.Process(child.pid)
        try:
            while child.poll() is None:
                held = look([root, *_children(root)], spent)
                lasting, before = min(held, before), held  # a process that forks holds twice as much for a blink
                peak, waited = max(peak, lasting), time.monotonic() - started
                if lasting > 1000 * limits.gigabytes:
                    ended = "memory"
                elif sum(spent.values()) > limits.seconds or waited > limits.patience * limits.seconds:
                    ended = "time"
                if ended != "done":
                    break
                time.sleep(BLINK)
        finally:
            stop([p for p in spent if p != root], child)
    return Watched(ended, child.returncode, sum(spent.values()), peak)


def _children(root: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return root.children(recursive=True)
    return []


def look(processes: Iterable[psutil.Process], spent: dict[psutil.Process, float]) -> float:
    """Note what each process has spent; megabytes that they hold."""
    held = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            times, memory = process.cpu_times(), process.memory_info()
            spent[process] = times.user + times.system
            held += memory.rss / 1e6
    return held


def stop(processes: Iterable[psutil.Process], child: "subprocess.Popen[bytes]") -> None:
    """End a command and all that it started, also what left its session."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    if child.poll() is None:
        child.kill()
    child.wait()
