"""Checkpoint and result are a pair, `again` trains again, damaged results are named, and two workers never collide."""

import importlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from experiments.test_survey import One
from experiments.toy_runs import digits, tiny, toy

from robustlib import experiments
from robustlib.experiments import (
    Survey,
    checkpoint_path,
    load_model,
    load_result,
    making,
    missing,
    result_path,
    run,
    runner,
    survey,
    surveyed,
)
from robustlib.experiments import __main__ as command_line
from robustlib.experiments.results import DamagedResult, claim_path, runs_folder
from robustlib.experiments.runner import attempt
from robustlib.files import claimed, sha256
from robustlib.files.processes import host
from robustlib.models import save_weights
from robustlib.objectives import CrossEntropy, RobustRepresentations


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    for name in ("RESULTS", "CHECKPOINTS", "RUNS"):
        monkeypatch.setenv(f"ROBUSTLIB_{name}", str(tmp_path / name.lower()))
    dataset = digits(test=40)
    monkeypatch.setattr(runner, "load", lambda name, device: dataset.to(device))
    monkeypatch.setattr(sys.modules["robustlib.experiments.survey"], "load", lambda name, device: dataset.to(device))
    registry = {"toy": toy(), "second": toy("second", worth=0.5)}
    for place in (experiments, command_line):
        monkeypatch.setattr(place, "EXPERIMENTS", registry)
        monkeypatch.setattr(place, "SURVEYS", {})
    return tmp_path


CALLS: list[int] = []


@dataclass(frozen=True)
class Counted:
    """Cross-entropy that counts its batches."""

    def __call__(self, model, x, y):
        CALLS.append(1)
        return CrossEntropy()(model, x, y)


def counted(**changes):
    return toy(objective=Counted(), **changes)


def batches(experiment, **options) -> int:
    """How many batches a run trained on."""
    CALLS.clear()
    run(experiment, progress=False, **options)
    return len(CALLS)


def said(capsys, *words):
    status = command_line.main(list(words))
    return status, capsys.readouterr().out


def other_weights(seed=5):
    torch.manual_seed(seed)
    save_weights(tiny(), checkpoint_path("toy", 0))


def test_again_trains_again(folders):
    assert batches(counted()) == 16 and batches(counted()) == 0
    assert batches(counted(), again=True) == 16
    assert batches(counted(), again=True) == 16


def test_again_goes_on_with_what_the_time_budget_stopped(folders):
    assert batches(counted()) == 16
    done = [batches(counted(), again=True, time_budget=0.0) for _ in range(16)]
    assert done == [1] * 16, "the first deletes the finished state, the others go on"
    assert batches(counted(), again=True) == 0, "measured at last"
    assert batches(counted(), again=True) == 16


def test_again_replaces_a_damaged_state(folders):
    batches(counted())
    (state,) = runs_folder().glob("toy-*.pt")
    state.write_bytes(b"damaged")
    assert batches(counted(), again=True) == 16


def test_a_crash_between_checkpoint_and_result_is_noticed_and_mended(folders, monkeypatch):
    first = run(toy(), progress=False)

    def crash(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(making, "write_result", crash)
        with pytest.raises(KeyboardInterrupt):
            run(toy(), epochs=3, progress=False)
    assert load_result("toy") == first and sha256(checkpoint_path("toy", 0)) != first["checkpoint"]["sha256"]
    with pytest.raises(ValueError, match=r"its sha256 is .*toy.seed0\.json measured .*not of one run.*--again"):
        load_model(toy())
    assert ("toy", 0) in [(name, seed) for name, seed, why in missing() if "not of one run" in why]
    assert batches(counted()) == 16, "not taken for the old result"
    assert load_result("toy")["checkpoint"]["sha256"] == sha256(checkpoint_path("toy", 0))
    load_model(toy())
    assert "toy" not in [name for name, *_ in missing()]


def test_a_crash_before_the_first_result_is_measured_without_training_again(folders, monkeypatch):
    def crash(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(making, "write_result", crash)
        with pytest.raises(KeyboardInterrupt):
            run(counted(), progress=False)
    assert checkpoint_path("toy", 0).is_file() and not result_path("toy", 0).exists()
    assert ("toy", 0, "no result") in missing()
    assert batches(counted()) == 0 and result_path("toy", 0).is_file()
    load_model(toy())


def test_swapped_weights_are_noticed_everywhere(folders, capsys):
    found = run(toy(), progress=False)
    other_weights()
    with pytest.raises(DamagedResult, match="measured"):
        load_model(toy())
    with pytest.raises(DamagedResult, match="measured"):
        survey(Survey("look", toy(), One(), n=8))
    with pytest.raises(DamagedResult, match="measured"):
        run(toy("tuned", start=toy(), objective=RobustRepresentations()), progress=False)
    assert "not of one run" in said(capsys, "missing")[1]
    assert said(capsys, "run", "toy")[0] == 0
    assert load_result("toy")["checkpoint"] == found["checkpoint"], "made anew from the state that was kept"


def test_a_stray_bit_in_a_checkpoint_is_noticed(folders):
    run(toy(), progress=False)
    data = bytearray(checkpoint_path("toy", 0).read_bytes())
    data[-3] ^= 4
    checkpoint_path("toy", 0).write_bytes(data)
    with pytest.raises(ValueError, match="seed0.safetensors"):
        load_model(toy())
    result_path("toy", 0).unlink()
    with pytest.raises(ValueError, match="seed0.safetensors: not a readable safetensors file"):
        load_model(toy())


def test_a_result_without_weights_and_weights_without_a_result_are_fine(folders):
    first = run(toy(), progress=False)
    text = result_path("toy", 0).read_text()
    result_path("toy", 0).unlink()
    load_model(toy())
    result_path("toy", 0).write_text(text)
    checkpoint_path("toy", 0).unlink()
    assert (
        batches(counted()) == 0 and run(toy(), progress=False) == first and ("toy", 0) not in [m[:2] for m in missing()]
    )


def test_a_new_start_is_a_new_run(folders):
    tuned = toy("tuned", start=toy(), objective=RobustRepresentations(), epochs=1)
    run(toy(), progress=False)
    first = run(tuned, progress=False)["checkpoint"]
    run(toy(), epochs=3, progress=False)  # other weights to start from
    result_path("tuned", 0).unlink()
    assert run(tuned, progress=False)["checkpoint"] != first


DAMAGE = {
    "half": lambda text: text[: len(text) // 2],
    "empty": lambda text: "",
    "no schedule": lambda text: json.dumps(
        {k: v for k, v in json.loads(text).items() if k not in ("schedule", "seal")}
    ),
    "a schedule of words": lambda text: json.dumps(json.loads(text) | {"schedule": {"epochs": "ten"}, "seal": None}),
    "of another run": lambda text: json.dumps(json.loads(text) | {"experiment": "second", "seal": None}),
    "of another seed": lambda text: json.dumps(json.loads(text) | {"seed": 4, "seal": None}),
    "not text": lambda text: "\x00" * 30,
    "edited": lambda text: text.replace('"row": "Toy"', '"row": "Boy"'),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_result_is_named_and_skipped(folders, capsys, how):
    run(toy(), progress=False)
    run(toy("second"), progress=False)
    text = DAMAGE[how](result_path("toy", 0).read_text())
    result_path("toy", 0).write_text(text)
    status, listed = said(capsys, "list")
    assert status == 0 and "left out: " in listed and "toy" in listed
    lines = {line.split()[0]: line for line in listed.splitlines()}
    assert lines["toy"].endswith("none of 2 epochs, seeds 0 of 1") and lines["second"].endswith("seeds 1 of 1")
    status, lacking = said(capsys, "missing")
    assert status == 0 and lacking.startswith("toy") and "damaged: " in lacking and len(lacking.splitlines()) == 1
    result_path("second", 0).unlink()
    status, done = said(capsys, "run", "--device", "cpu")
    assert status == 1 and "toy seed 0: left alone: " in done and "second seed 0: 2 of 2 epochs" in done
    assert result_path("toy", 0).read_text() == text, "not overwritten"
    with pytest.raises(DamagedResult):
        run(toy(), progress=False)
    assert run(toy(), again=True, progress=False) == load_result("toy")


def test_a_damaged_survey_is_named_and_skipped(folders, capsys, monkeypatch):
    run(toy(), progress=False)
    planned = Survey("look", toy(), One(), n=8)
    for place in (experiments, command_line):
        monkeypatch.setattr(place, "SURVEYS", {"look": planned})
    survey(planned)
    result_path("look", 0).write_text("{")
    assert "survey of toy: damaged" in said(capsys, "list")[1]
    assert [why.split(":")[0] for name, _, why in missing() if name == "look"] == ["damaged"]
    assert said(capsys, "run")[0] == 1


def test_another_worker_is_left_alone(folders, capsys):
    path = claim_path("toy", 0)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"host": host(), "pid": os.getppid(), "token": "t"}))
    assert run(toy(), progress=False) is None and not result_path("toy", 0).exists()
    assert attempt(toy()) == f"toy seed 0: another worker (process {os.getppid()} on {host()}) is at it; left alone"
    tuned = toy("tuned", start=toy(), objective=RobustRepresentations())
    assert "is at toy, which it starts from" in attempt(tuned)
    status, text = said(capsys, "run")
    assert status == 3 and "toy seed 0: another worker" in text and "second seed 0: 2 of 2 epochs" in text
    path.write_text(json.dumps({"host": host(), "pid": 2**22 + 1, "token": "t"}))
    assert run(toy(), progress=False) is not None, "a dead worker's claim is taken over"
    assert not path.exists()


def test_a_stored_result_needs_no_claim(folders):
    found = run(toy(), progress=False)
    with claimed(claim_path("toy", 0)):
        assert run(toy(), progress=False) == found


def test_a_survey_that_another_worker_is_at_is_left_alone_and_again_measures_again(folders, monkeypatch):
    run(toy(), progress=False)
    planned = Survey("look", toy(), One(), n=8)
    with claimed(claim_path("look", 0)):
        assert survey(planned) is None and not surveyed(planned)
    survey(planned)
    (checkpoint,) = runs_folder().glob("look-*/one.pt")
    first = checkpoint.read_bytes()
    checkpoint.write_bytes(b"damaged")
    assert survey(planned, again=True) is not None
    assert len(checkpoint.read_bytes()) == len(first)


WORKER = """
import sys
from experiments.toy_runs import digits, toy
from robustlib.experiments import runner
runner.load = lambda name, device: digits(test=40).to(device)
for name in ("toy", "second"):
    found = runner.attempt(toy(name), progress=False)
    sys.stdout.write(("done" if isinstance(found, dict) else "left") + "\\n")
"""


@pytest.mark.slow
def test_two_workers_at_once_share_the_runs_and_both_end_well(folders):
    root = Path(__file__).parents[2]
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(root), str(root / "tests")])}
    command = [sys.executable, "-c", WORKER]
    workers = [
        subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in "abc"
    ]
    told = [worker.communicate(timeout=240) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0], told
    assert all(set(out.split()) <= {"done", "left"} for out, _ in told)
    for name in ("toy", "second"):
        assert load_result(name)["checkpoint"]["sha256"] == sha256(checkpoint_path(name, 0))
    assert not list(folders.rglob("*.partial")) and not list(folders.rglob("*.claim"))


MODULE = """
from dataclasses import dataclass
from robustlib.objectives import CrossEntropy

@dataclass(frozen=True)
class Mine:
    def __call__(self, model, x, y):
        return {"ce": 1.0 * CrossEntropy()(model, x, y)["ce"]}
"""


def test_an_objective_edited_under_the_same_name_trains_anew(folders, monkeypatch):
    monkeypatch.syspath_prepend(str(folders))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def edited(old="", new=""):
        (folders / "mine_again.py").write_text(MODULE.replace(old, new) if old else MODULE)
        sys.modules.pop("mine_again", None)
        importlib.invalidate_caches()
        return toy(objective=importlib.import_module("mine_again").Mine())

    assert run(edited(), time_budget=0.0, progress=False) is None
    first = run(edited(), progress=False)["checkpoint"]["sha256"]
    result_path("toy", 0).unlink()
    second = run(edited("1.0 *", "0.5 *"), progress=False)["checkpoint"]["sha256"]
    result_path("toy", 0).unlink()
    began = time.monotonic()
    assert run(edited(), progress=False)["checkpoint"]["sha256"] == first != second
    assert time.monotonic() > began
    sys.modules.pop("mine_again", None)
