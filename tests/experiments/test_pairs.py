"""Checkpoint and record are a pair, `again` trains again, damaged results are named and skipped."""

import importlib
import json
import sys
from dataclasses import dataclass

import pytest
import torch
from experiments.test_run import TUNED
from experiments.toy_runs import look, tiny, toy

from robustlib import __main__ as command_line
from robustlib.experiments import checkpoint_path, load_model, load_result, result_path, run, training_run
from robustlib.experiments.plan import missing
from robustlib.experiments.results import DamagedResult, runs_folder
from robustlib.files import sha256
from robustlib.models import save_weights
from robustlib.objectives import CrossEntropy

CALLS: list[int] = []


@dataclass(frozen=True)
class Counted:
    """Cross-entropy that counts its batches."""

    def __call__(self, model, x, y):
        CALLS.append(1)
        return CrossEntropy()(model, x, y)


@pytest.fixture(autouse=True)
def planned(joined):
    joined(toy(objective=Counted()), toy("second", priority=0.5), TUNED, measurements=[look(priority=0.4)])


def quick(what, seed=0, **options):
    return run(what, seed, progress=False, **options)


def batches(**options) -> int:
    """How many batches a run trained on."""
    CALLS.clear()
    quick("toy", **options)
    return len(CALLS)


def said(capsys, *words):
    status = command_line.main(list(words))
    return status, capsys.readouterr().out


def crash(*args):
    raise KeyboardInterrupt


def whys(name):
    return [task.why for task in missing() if task.name == name]


def test_again_trains_again():
    assert batches() == 16 and batches() == 0
    assert batches(again=True) == 16
    assert batches(again=True) == 16


def test_again_goes_on_with_what_the_time_budget_stopped():
    assert batches() == 16
    done = [batches(again=True, time_budget=0.0) for _ in range(16)]
    assert done == [1] * 16, "the first deletes the finished state, the others go on"
    assert batches(again=True) == 0, "saved at last"
    assert batches(again=True) == 16


def test_again_replaces_a_damaged_state():
    batches()
    (state,) = runs_folder().glob("toy-*.pt")
    state.write_bytes(b"damaged")
    assert batches(again=True) == 16


def test_a_crash_between_checkpoint_and_record_is_noticed_and_mended(monkeypatch):
    first = quick("toy")
    with monkeypatch.context() as patch:
        patch.setattr(training_run, "write_result", crash)
        with pytest.raises(KeyboardInterrupt):
            quick("toy", epochs=3)
    assert load_result("toy") == first and sha256(checkpoint_path("toy", 0)) != first["checkpoint"]["sha256"]
    with pytest.raises(ValueError, match=r"its sha256 is .*toy.seed0\.json measured .*not of one run.*--again"):
        load_model("toy")
    assert "not of one run" in whys("toy")[0]
    assert batches() == 0, "made anew from the state of the first run, which is of these epochs"
    assert load_result("toy")["checkpoint"]["sha256"] == sha256(checkpoint_path("toy", 0))
    load_model("toy")
    assert whys("toy") == []


def test_a_crash_before_the_first_record_is_mended_without_training_again(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(training_run, "write_result", crash)
        with pytest.raises(KeyboardInterrupt):
            quick("toy")
    assert checkpoint_path("toy", 0).is_file() and not result_path("toy", 0).exists()
    assert whys("toy") == ["no result"]
    assert batches() == 0 and result_path("toy", 0).is_file()
    load_model("toy")


def test_swapped_weights_are_noticed_everywhere(capsys):
    found = quick("toy")
    torch.manual_seed(5)
    save_weights(tiny(), checkpoint_path("toy", 0))
    for what in ("toy-look", "tuned"):
        with pytest.raises(DamagedResult, match="measured"):
            quick(what)
    with pytest.raises(DamagedResult, match="measured"):
        load_model("toy")
    assert "not of one run" in said(capsys, "missing")[1]
    assert said(capsys, "run", "toy")[0] == 0
    assert load_result("toy")["checkpoint"] == found["checkpoint"], "made anew from the state that was kept"


def test_a_stray_bit_in_a_checkpoint_is_noticed():
    quick("toy")
    data = bytearray(checkpoint_path("toy", 0).read_bytes())
    data[-3] ^= 4
    checkpoint_path("toy", 0).write_bytes(data)
    with pytest.raises(ValueError, match=r"seed0\.safetensors"):
        load_model("toy")
    result_path("toy", 0).unlink()
    with pytest.raises(ValueError, match=r"seed0\.safetensors: not a readable safetensors file"):
        load_model("toy")


def test_a_record_without_weights_and_weights_without_a_record_are_fine():
    first = quick("toy")
    text = result_path("toy", 0).read_text()
    result_path("toy", 0).unlink()
    load_model("toy")
    result_path("toy", 0).write_text(text)
    checkpoint_path("toy", 0).unlink()
    assert batches() == 0 and quick("toy") == first and whys("toy") == []


def test_a_new_start_is_a_new_run():
    quick("toy")
    first = quick("tuned")["checkpoint"]
    quick("toy", epochs=3)  # other weights to start from
    result_path("tuned", 0).unlink()
    assert quick("tuned")["checkpoint"] != first


DAMAGE = {
    "half": lambda text: text[: len(text) // 2],
    "empty": lambda text: "",
    "no schedule": lambda text: json.dumps(
        {k: v for k, v in json.loads(text).items() if k not in ("schedule", "seal")}
    ),
    "a schedule of words": lambda text: json.dumps(json.loads(text) | {"schedule": {"epochs": "ten"}, "seal": None}),
    "of another run": lambda text: json.dumps(json.loads(text) | {"name": "second", "seal": None}),
    "of another seed": lambda text: json.dumps(json.loads(text) | {"seed": 4, "seal": None}),
    "not text": lambda text: "\x00" * 30,
    "edited": lambda text: text.replace('"name": "toy"', '"name": "boy"'),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_record_is_named_and_skipped(joined, capsys, how):
    joined(toy(), toy("second", priority=0.5))
    quick("toy")
    quick("second")
    text = DAMAGE[how](result_path("toy", 0).read_text())
    result_path("toy", 0).write_text(text)
    status, listed = said(capsys, "list")
    assert status == 1 and "left out: " in listed and "toy" in listed
    lines = {line.split()[0]: line for line in listed.splitlines()}
    assert lines["toy"].endswith("none of 2 epochs, seeds 0 of 1") and lines["second"].endswith("seeds 1 of 1")
    status, lacking = said(capsys, "missing")
    assert status == 1 and lacking.startswith("toy") and "seed0.json: not a readable" in lacking
    assert len(lacking.splitlines()) == 1
    result_path("second", 0).unlink()
    status, done = said(capsys, "run", "--device", "cpu")
    assert status == 1 and "toy seed 0: left alone: " in done and "second seed 0: 2 of 2 epochs" in done
    assert said(capsys, "run", "toy")[0] == 1, "asked for by name it is left alone too"
    assert result_path("toy", 0).read_text() == text, "not overwritten"
    with pytest.raises(DamagedResult):
        quick("toy")
    assert quick("toy", again=True) == load_result("toy")


def test_a_damaged_measurement_is_named_and_skipped(joined, capsys):
    joined(toy(), measurements=[look()])
    quick("toy-look")
    result_path("toy-look", 0).write_text("{")
    assert "left out: " in said(capsys, "list")[1]
    assert [(task.name, task.damaged) for task in missing()] == [("toy-look", True)]
    assert said(capsys, "run")[0] == 1
    assert quick("toy-look", again=True) == load_result("toy-look")


MODULE = """
from dataclasses import dataclass
from robustlib.objectives import CrossEntropy

@dataclass(frozen=True)
class Mine:
    def __call__(self, model, x, y):
        return {"ce": 1.0 * CrossEntropy()(model, x, y)["ce"]}
"""


def test_an_objective_edited_under_the_same_name_trains_anew(folders, joined, monkeypatch):
    monkeypatch.syspath_prepend(str(folders))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def edited(old="", new=""):
        (folders / "mine_again.py").write_text(MODULE.replace(old, new) if old else MODULE)
        sys.modules.pop("mine_again", None)
        importlib.invalidate_caches()
        mine = toy(objective=importlib.import_module("mine_again").Mine())
        joined(mine)
        return mine

    assert quick(edited(), time_budget=0.0) is None
    first = quick(edited())["checkpoint"]["sha256"]
    assert missing() == []
    half = edited("1.0 *", "0.5 *")
    assert whys("toy") == ["of code that has changed since"]
    assert quick(half)["checkpoint"]["sha256"] != first and missing() == []
    assert quick(edited())["checkpoint"]["sha256"] == first
    sys.modules.pop("mine_again", None)
