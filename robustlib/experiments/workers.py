"""Many runs on any executor with `submit`: a process pool here, submitit or distributed on other machines."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from typing import Any, Protocol

import torch

from robustlib.experiments import registry
from robustlib.experiments.plan import Task, before
from robustlib.experiments.results import DamagedResult, result_path
from robustlib.experiments.running import attempt

DONE, DAMAGED, LEFT = 0, 1, 3  # what became of a task; also the exit status of the command line
CHAPTERS = "robustlib.chapters"  # the module that joins the chapters to the registry when it is imported
Told = tuple[int, str]  # what became of it, and a sentence


class Submits(Protocol):
    """What is asked of an executor: `concurrent.futures`, submitit and distributed all have it. What it returns tells
    `done()` and `result()`, and may be cancelled.
    """

    def submit(self, call: Callable[..., Told], /, *given: Any) -> Any:
        """Have it called some time, somewhere."""


def perform(task: Task, device: str, until: float, options: dict[str, Any], chapters: str = CHAPTERS) -> Told:
    """Do one task in this process before this time of day, in seconds. What a worker is sent."""
    import_module(chapters)  # a worker process has to know them
    named, left = f"{task.name} seed {task.seed}", until - time.time()
    if left <= 0:
        return LEFT, f"{named}: the time budget is spent; call again to go on"
    try:
        found = attempt(task.name, task.seed, torch.device(device), time_budget=left, **options)
    except (DamagedResult, FileNotFoundError) as error:  # one bad file is no reason to leave the others undone
        return DAMAGED if isinstance(error, DamagedResult) else LEFT, f"{named}: left alone: {error}"
    if isinstance(found, str):
        return LEFT, found
    done = found.get("schedule")
    said = f"{done['epochs']} of {done['paper_epochs']} epochs" if done else f"{len(found['rows'])} rows"
    return DONE, f"{named}: {said}, {result_path(task.name, task.seed)}"


def run_all(
    tasks: Sequence[Task],
    executor: Submits,
    device: str = "cpu",
    *,
    time_budget: float = math.inf,
    chapters: str = CHAPTERS,
    poll: float = 0.1,
    **options: Any,
) -> Iterator[tuple[Task, int, str]]:
    """Do the tasks on the executor in their order, but what others build on before them; each is told as it is done.

    Claims (see `running.attempt`) keep workers of other machines that share the folders from doing the same.
    """
    until, waiting, running = time.time() + time_budget, list(tasks), dict[Any, Task]()
    try:
        while waiting or running:
            undone = {(t.name, t.seed) for t in (*waiting, *running.values())}
            for task in [t for t in waiting if not {(n, t.seed) for n in before(registry.planned(t.name))} & undone]:
                waiting.remove(task)
                running[executor.submit(perform, task, device, until, options, chapters)] = task
            if not running:
                raise ValueError(f"tasks that wait for one another: {[t.name for t in waiting]}")
            while not (done := [future for future in running if future.done()]):
                time.sleep(poll)
            for future in done:
                yield running[future], *future.result()
                del running[future]
    finally:  # one has raised, or nobody listens any more
        for future in running:
            future.cancel()


def process_pool(workers: int) -> ProcessPoolExecutor:
    """Processes with one OpenMP thread each: more beside one another slow all of them down."""
    context = get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=torch.set_num_threads, initargs=(1,))


def one_after_another(
    tasks: Sequence[Task], device: str, *, time_budget: float = math.inf, chapters: str = CHAPTERS, **options: Any
) -> Iterator[tuple[Task, int, str]]:
    """The same in this process, in the order given, until the time budget is spent."""
    until = time.time() + time_budget
    for task in tasks:
        status, said = perform(task, device, until, options, chapters)
        yield task, status, said
        if status == LEFT and time.time() >= until:
            return
