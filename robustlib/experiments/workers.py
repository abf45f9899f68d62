"""Many runs on any `concurrent.futures` executor: a process pool here, submitit or distributed on other machines."""

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from typing import Any

import torch

from robustlib.experiments.plan import Task
from robustlib.experiments.results import DamagedResult


def perform(task: Task, device: str, options: dict[str, Any]) -> tuple[bool, str]:
    """Do one task in this process; whether there is a result now, and a sentence. What a worker is sent."""
    import robustlib.chapters  # noqa: F401 (a worker process has to know them)
    from robustlib.experiments.results import result_path
    from robustlib.experiments.running import attempt

    try:
        found = attempt(task.name, task.seed, torch.device(device), **options)
    except (DamagedResult, FileNotFoundError) as error:  # one bad file is no reason to leave the others undone
        return False, f"{task.name} seed {task.seed}: left alone: {error}"
    if isinstance(found, str):
        return False, found
    done = found.get("schedule")
    said = f"{done['epochs']} of {done['paper_epochs']} epochs, " if done else ""
    return True, f"{task.name} seed {task.seed}: {said}{result_path(task.name, task.seed)}"


def run_all(
    tasks: Sequence[Task], executor: Executor, device: str = "cpu", **options: Any
) -> Iterator[tuple[Task, bool, str]]:
    """Do the tasks on the executor, what others build on before them; each as it is done.

    The tasks are taken in their order. Claims (see `running.attempt`) keep workers of other machines that share the
    folders from doing the same.
    """
    from robustlib.experiments import registry
    from robustlib.experiments.running import before

    known = {**registry.experiments(), **registry.measurements()}
    waiting, running = list(tasks), dict[Future, Task]()
    while waiting or running:
        undone = {(t.name, t.seed) for t in (*waiting, *running.values())}
        ready = [t for t in waiting if not {(n, t.seed) for n in before(known[t.name])} & undone]
        for task in ready:
            waiting.remove(task)
            running[executor.submit(perform, task, device, options)] = task
        if not running:
            raise ValueError(f"tasks that wait for one another: {[t.name for t in waiting]}")
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            task = running.pop(future)
            yield task, *future.result()


def process_pool(workers: int) -> Executor:
    """Processes with one OpenMP thread each: more beside one another slow all of them down."""
    return ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=torch.set_num_threads, initargs=(1,)
    )


def one_after_another(tasks: Sequence[Task], device: str, **options: Any) -> Iterator[tuple[Task, bool, str]]:
    """The same in this process, in the order given, until the time budget is spent."""
    import math
    import time

    started, budget = time.monotonic(), options.pop("time_budget", math.inf)
    for task in tasks:
        left = budget - (time.monotonic() - started)
        if left <= 0:
            yield task, False, f"{task.name} seed {task.seed}: the time budget is spent; call again to go on"
            return
        yield task, *perform(task, device, {**options, "time_budget": left})
        sys.stdout.flush()
