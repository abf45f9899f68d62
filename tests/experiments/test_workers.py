"""Many runs: what others build on before them, on any executor, never twice at once."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import Future
from pathlib import Path

import pytest
from experiments import toy_chapter
from experiments.toy_runs import look, toy

from robustlib import __main__ as command_line
from robustlib.experiments import checkpoint_path, load_result, registry, result_path, run, workers
from robustlib.experiments.plan import Task, missing
from robustlib.experiments.results import claim_path
from robustlib.experiments.running import attempt
from robustlib.experiments.workers import DAMAGED, DONE, LEFT, one_after_another, perform, process_pool, run_all
from robustlib.files import claimed, sha256
from robustlib.files.processes import host

ROOT = Path(__file__).parents[2]


class Inline:
    """Calls at once what it is given, and remembers the tasks."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def submit(self, call, /, *given):
        self.names.append(given[0].name)
        done = Future()
        try:
            done.set_result(call(*given))
        except Exception as error:
            done.set_exception(error)
        return done


class Late(Inline):
    """The last one submitted is done first, and one more at each look."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list = []

    def submit(self, call, /, *given):
        self.names.append(given[0].name)
        job = Job(self, call, given)
        self.waiting.append(job)
        return job


class Job:
    """No `Future` of the standard library, as those of submitit are not."""

    def __init__(self, pool, call, given):
        self.pool, self.call, self.given, self.cancelled = pool, call, given, False

    def done(self):
        return self.pool.waiting[-1] is self

    def result(self):
        self.pool.waiting.remove(self)
        return self.call(*self.given)

    def cancel(self):
        self.cancelled = True


@pytest.fixture
def toys(joined):
    """Two networks, the second tuned from the first, and what is measured of both."""
    joined()
    registry._CHAPTERS.clear()
    registry.join(toy_chapter.CHAPTER)


@pytest.mark.parametrize("executor", [Inline, Late])
def test_what_others_build_on_comes_first(toys, executor):
    pool = executor()
    tasks = [Task(name, 0, "") for name in ("tuned-look", "toy-look", "tuned", "toy")]
    told = list(run_all(tasks, pool, progress=False, poll=0.0))
    assert [status for _, status, _ in told] == [DONE] * 4 and missing() == []
    done = [task.name for task, *_ in told]
    assert done[0] == "toy" and done.index("tuned") < done.index("tuned-look")
    assert pool.names[:2] == ["toy", "toy-look"]


def test_in_their_order_where_nothing_builds_on_another(joined):
    joined(*(toy(name, epochs=1) for name in "abc"))
    pool = Inline()
    assert [task.name for task, *_ in run_all([Task(n, 0, "") for n in "cab"], pool, progress=False)] == list("cab")
    assert pool.names == list("cab")


def test_what_raises_ends_it_and_takes_back_the_others(toys, monkeypatch):
    monkeypatch.setattr(workers, "attempt", lambda *given, **options: 1 / 0)
    pool = Late()
    with pytest.raises(ZeroDivisionError):
        list(run_all([Task("toy", s, "") for s in range(3)], pool, poll=0.0))
    assert len(pool.waiting) == 2 and all(job.cancelled for job in pool.waiting)


def test_the_time_budget_is_of_all_of_them_together(toys):
    started, tasks = time.time(), [Task("toy", 0, ""), Task("toy", 1, "")]
    late = perform(tasks[0], "cpu", started - 1, {})
    assert late == (LEFT, "toy seed 0: the time budget is spent; call again to go on")
    told = list(run_all(tasks, Inline(), time_budget=0.0, progress=False))
    assert [status for _, status, _ in told] == [LEFT, LEFT] and not result_path("toy", 0).exists()
    told = list(one_after_another(tasks, "cpu", time_budget=0.0))
    assert len(told) == 1 and told[0][1] == LEFT, "the next ones are not even begun"


@pytest.mark.bad_input
def test_tasks_that_wait_for_one_another_are_an_error(joined):
    joined(toy("a", start=toy("b")), toy("b", start=toy("a")))
    with pytest.raises(ValueError, match=r"wait for one another: \['a', 'b'\]"):
        list(run_all([Task("a", 0, ""), Task("b", 0, "")], Inline()))


def test_another_worker_is_left_alone(joined, capsys):
    joined(toy(), toy("second", priority=0.5, epochs=1), toy("tuned", start=toy(), priority=0.2), measurements=[look()])
    path = claim_path("toy", 0)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"host": host(), "pid": os.getppid(), "token": "t"}))
    at_it = f"toy seed 0: another worker (process {os.getppid()} on {host()}) is at it; left alone"
    assert run("toy", progress=False) is None and not result_path("toy", 0).exists()
    assert perform(Task("toy", 0, ""), "cpu", time.time() + 60, {}) == (LEFT, at_it)
    for name in ("tuned", "toy-look"):
        assert perform(Task(name, 0, ""), "cpu", time.time() + 60, {}) == (LEFT, f"{name} seed 0: needs {at_it}")
    status = command_line.main(["run", "--device", "cpu"])
    text = capsys.readouterr().out
    assert status == LEFT and "toy seed 0: another worker" in text and "second seed 0: 1 of 1 epochs" in text
    path.write_text(json.dumps({"host": host(), "pid": 2**22 + 1, "token": "t"}))
    assert run("toy", progress=False) is not None, "a dead worker's claim is taken over"
    assert not path.exists()


def test_a_stored_result_needs_no_claim(toys):
    found = run("toy-look", progress=False)
    with claimed(claim_path("toy-look", 0)), claimed(claim_path("toy", 0)):
        assert run("toy-look", progress=False) == found
        with_other_images = attempt("toy-look", 0, workers.torch.device("cpu"), n=30)
        assert "is at it; left alone" in with_other_images


def test_a_damaged_file_is_told_from_what_is_left(toys):
    run("toy-look", progress=False)
    result_path("toy-look", 0).write_text("{")
    status, said = perform(Task("toy-look", 0, ""), "cpu", time.time() + 60, {})
    assert status == DAMAGED and said.startswith("toy-look seed 0: left alone: ") and "seed0.json" in said


def as_worker(monkeypatch):
    """Let other processes find the library, the tests and the folders."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "tests")]))


@pytest.mark.slow
def test_a_pool_of_two_processes(toys, monkeypatch):
    as_worker(monkeypatch)
    with process_pool(2) as pool:
        told = list(run_all(missing(), pool, chapters="experiments.toy_chapter", time_budget=600.0, progress=False))
    assert [status for _, status, _ in told] == [DONE] * 4, told
    assert missing() == []
    for name in ("toy", "tuned"):
        assert load_result(name)["checkpoint"]["sha256"] == sha256(checkpoint_path(name, 0))
        assert load_result(name)["threads"] == 1


@pytest.mark.slow
def test_submitit_as_the_executor(toys, folders, monkeypatch):
    submitit = pytest.importorskip("submitit")
    as_worker(monkeypatch)
    executor = submitit.LocalExecutor(folders / "jobs")
    executor.update_parameters(timeout_min=5)
    told = list(run_all(missing()[:2], executor, chapters="experiments.toy_chapter", progress=False))
    assert [(task.name, status) for task, status, _ in told] == [("toy", DONE), ("tuned", DONE)], told
    assert load_result("tuned")["checkpoint"]["sha256"] == sha256(checkpoint_path("tuned", 0))


WORKER = """
import sys
import torch
from experiments import toy_chapter
from robustlib.experiments.running import attempt
for name in ("toy", "tuned"):
    found = attempt(name, 0, torch.device("cpu"), progress=False)
    sys.stdout.write(("done" if isinstance(found, dict) else "left") + "\\n")
"""


@pytest.mark.slow
def test_two_workers_at_once_share_the_runs_and_both_end_well(toys, folders, monkeypatch):
    as_worker(monkeypatch)
    command = [sys.executable, "-c", WORKER]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in "ab"]
    told = [worker.communicate(timeout=240) for worker in started]
    assert [worker.returncode for worker in started] == [0, 0], told
    assert all(set(out.split()) <= {"done", "left"} for out, _ in told)
    for name in ("toy", "tuned"):
        assert load_result(name)["checkpoint"]["sha256"] == sha256(checkpoint_path(name, 0))
    assert not list(folders.rglob("*.partial")) and not list(folders.rglob("*.claim"))
