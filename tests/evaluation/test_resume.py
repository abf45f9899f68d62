"""An evaluation that was interrupted goes on where it stopped, and ends with the bits of one left alone."""

import errno
import io
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from evaluation.evaluated import ATTACKS, BATCH, N, bits, evaluate, target
from torch import nn

import robustlib
from robustlib.attacks import PGD, Noise
from robustlib.evaluation import under_attack
from robustlib.evaluation.resume import Unfinished, read_rows, write_rows
from robustlib.files import read_state, write_state
from robustlib.models.heads import NearestNeighbours

SCRIPT = Path(__file__).with_name("evaluated.py")
BATCHES = -(-(N - 3) // BATCH)  # of one attack


@pytest.fixture(scope="module")
def left_alone():
    return bits(evaluate(None))


def interrupt(path, name, times, monkeypatch):
    """Begin the evaluation and press Ctrl-C in the attack of this name, after so many batches of it."""
    calls = []

    class Pressed(io.StringIO):
        """Standard output, on which the attacks announce their batches."""

        def write(self, text):
            calls.append(sys._getframe(1).f_locals["self"] is ATTACKS[name])
            if sum(calls) > times:
                raise KeyboardInterrupt
            return len(text)

    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", Pressed())
        with pytest.raises(KeyboardInterrupt):
            evaluate(path)


def same(found, expected):
    assert found.keys() == expected.keys()
    assert [name for name in expected if not torch.equal(found[name], expected[name])] == []


def test_the_checkpoint_changes_no_outcome(tmp_path, left_alone):
    attacked = {name: left_alone[f"{name} correct"].sum() for name in ("clean", *ATTACKS)}
    assert attacked["clean"] == N - 3 and 0 < attacked["PGD"] < N - 3  # some break and some stand
    same(bits(evaluate(tmp_path / "run.pt")), left_alone)


@pytest.mark.parametrize(("name", "times"), [("noise", 0), ("PGD", 3), ("restarts", 5)])
def test_ctrl_c_in_the_middle_leaves_a_file_that_goes_on(tmp_path, monkeypatch, capsys, left_alone, name, times):
    path = tmp_path / "deeper" / "run.pt"
    state = torch.get_rng_state()
    interrupt(path, name, times, monkeypatch)
    assert torch.equal(torch.get_rng_state(), state)
    before = list(ATTACKS).index(name) * BATCHES + times
    assert path.is_file() == (before > 0)
    capsys.readouterr()
    same(bits(evaluate(path)), left_alone)
    assert capsys.readouterr().out.count("batch") == len(ATTACKS) * BATCHES - before  # no batch was done again
    assert [p.name for p in path.parent.iterdir()] == ["run.pt"]


def test_several_interruptions_one_after_the_other(tmp_path, monkeypatch, left_alone):
    path = tmp_path / "run.pt"
    for name, times in (("noise", 2), ("noise", 1), ("PGD", 2), ("restarts", 1)):
        interrupt(path, name, times, monkeypatch)
    same(bits(evaluate(path)), left_alone)


def test_a_finished_evaluation_is_read_and_its_seconds_are_those_spent(tmp_path, capsys):
    first = evaluate(tmp_path / "run.pt")
    capsys.readouterr()
    again = evaluate(tmp_path / "run.pt")
    assert "batch" not in capsys.readouterr().out
    same(bits(again), bits(first))
    assert list(again) == ["clean", *ATTACKS]
    assert {n: o.seconds for n, o in again.items()} == {n: o.seconds for n, o in first.items()}


def test_a_write_that_fails_leaves_the_former_file(tmp_path, monkeypatch, left_alone):
    path, whole, calls = tmp_path / "run.pt", os.fsync, []

    def full(handle):
        calls.append(1)
        if len(calls) == 7:  # a file and its folder each time
            raise OSError(errno.ENOSPC, "No space left on device")
        whole(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="run.pt: cannot be written .No space left on device.; .*free some space"):
            evaluate(path)
    assert [p.name for p in tmp_path.iterdir()] == ["run.pt"]
    assert read_state(path, "state", "")["rows"]["noise"]["batches"] == 3
    same(bits(evaluate(path)), left_alone)


def other_weights(net, x, y):
    with torch.no_grad():
        next(net.parameters()).view(-1)[0] += 1e-3
    return net, (x, y)


FOREIGN = {
    "model": other_weights,
    "images": lambda net, x, y: (net, (x.index_put((torch.tensor(0),), x[0] * 0.5), y)),
    "labels": lambda net, x, y: (net, (x, y.index_put((torch.tensor(3),), (y[3] + 1) % 10))),
}


@pytest.mark.parametrize("part", FOREIGN)
def test_a_file_of_another_model_or_other_data_is_refused(tmp_path, part):
    path = tmp_path / "run.pt"
    net, (x, y) = target()
    under_attack(net, {"noise": Noise(0.1)}, (x, y), checkpoint=path)
    before = path.read_bytes()
    net, data = FOREIGN[part](net, x, y)
    with pytest.raises(ValueError, match=f"run.pt: belongs to another evaluation; what differs: {part}\\..*delete it"):
        under_attack(net, {"noise": Noise(0.1)}, data, checkpoint=path)
    assert path.read_bytes() == before


def test_the_same_weights_under_another_head_are_another_model(tmp_path):
    net, data = target()
    under_attack(nn.Sequential(net, nn.Tanh()), {"noise": Noise(0.1)}, data, checkpoint=tmp_path / "run.pt")
    with pytest.raises(ValueError, match="what differs: model"):
        under_attack(nn.Sequential(net, nn.Sigmoid()), {"noise": Noise(0.1)}, data, checkpoint=tmp_path / "run.pt")


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"attacks": {"a": PGD(0.1, steps=2), "b": Noise(0.1)}}, "attack 'a'"),
        ({"attacks": {"b": Noise(0.1), "a": PGD(0.1, steps=1)}}, "order of attacks"),
        ({"attacks": {"a": PGD(0.1, steps=1)}}, "attack 'b'"),
        ({"attacks": {"a": PGD(0.1, steps=1), "b": Noise(0.1), "c": Noise(0.2)}}, "attack 'c'"),
        ({"seed": 1}, "seed"),
        ({"batch": 7}, "batch"),
    ],
)
def test_a_file_of_other_attacks_or_settings_is_refused(tmp_path, changes, part):
    net, data = target()
    call = {"attacks": {"a": PGD(0.1, steps=1), "b": Noise(0.1)}, "seed": 0, "batch": 20}
    call["checkpoint"] = tmp_path / "run.pt"
    under_attack(net, data=data, **call)
    with pytest.raises(ValueError, match=f"belongs to another evaluation; what differs: .*{part}"):
        under_attack(net, data=data, **call | changes)


def test_the_same_weights_at_another_temperature_are_another_model(tmp_path):
    net, (x, y) = target()
    stored, labels = torch.rand(20, 784), torch.arange(20) % 10
    call = {"attacks": {"noise": Noise(0.1)}, "data": (x, y), "checkpoint": tmp_path / "run.pt"}
    first, other = (nn.Sequential(nn.Flatten(), NearestNeighbours(stored, labels, 10, tau)) for tau in (1.0, 2.0))
    under_attack(first.train(), **call)
    under_attack(first.eval(), **call)  # the mode it is given in makes no difference
    with pytest.raises(ValueError, match="what differs: model"):
        under_attack(other, **call)


@dataclass(frozen=True)
class From:
    """An attack that holds a network."""

    source: nn.Module
    attack: Noise

    def __call__(self, model, x, y):
        return self.attack(self.source, x, y)


def test_a_network_inside_an_attack_counts_with_its_weights(tmp_path):
    net, data = target()
    attack = From(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), Noise(0.1))
    call = {"data": data, "checkpoint": tmp_path / "run.pt"}
    under_attack(net, {"transfer": attack}, **call)
    under_attack(net, {"transfer": replace(attack)}, **call)
    with torch.no_grad():
        attack.source[1].weight[0, 0] += 1
    with pytest.raises(ValueError, match="what differs: attack 'transfer'"):
        under_attack(net, {"transfer": attack}, **call)


def test_an_attack_without_a_name_is_refused_before_any_work(tmp_path):
    net, data = target()
    with pytest.raises(TypeError, match="frozen dataclass or a named function"):
        under_attack(net, {"nameless": lambda model, x, y: x}, data, checkpoint=tmp_path / "run.pt")
    under_attack(net, {"nameless": lambda model, x, y: x}, data)


def damaged(path, how):
    whole = path.read_bytes()
    if how == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "text":
        path.write_text('{"accuracy": 1}')
    elif how == "flipped":
        path.write_bytes(whole[:200] + bytes(255 - b for b in whole[200:900]) + whole[900:])
    elif how == "weights":
        write_state(path, target()[0].state_dict())
    elif how == "a list":
        write_state(path, [1, 2])
    else:
        state = read_state(path, "state", "")
        row = state["rows"]["noise"]
        edits = {"fewer rows": {"correct": row["correct"][:5]}, "floats": {"correct": row["linf"]}}
        edits |= {"no tensor": {"linf": "far"}, "an unknown entry": {"colour": 1}, "negative": {"batches": -2}}
        row |= edits[how]
        write_state(path, state)


KINDS = ["cut", "empty", "text", "flipped", "weights", "a list", "fewer rows", "floats", "no tensor", "negative"]


@pytest.mark.parametrize("how", [*KINDS, "an unknown entry"])
def test_a_damaged_file_says_so_and_stays(tmp_path, how):
    path = tmp_path / "run.pt"
    net, data = target()
    under_attack(net, {"noise": Noise(0.1)}, data, checkpoint=path)
    damaged(path, how)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"run.pt: (not a readable evaluation checkpoint|holds outcomes).*delete it"):
        under_attack(net, {"noise": Noise(0.1)}, data, checkpoint=path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("part", ["correct", "linf", "l2", "batches", "seconds"])
def test_every_part_of_a_row_must_fit(tmp_path, part):
    path = tmp_path / "run.pt"
    row = Unfinished.of(torch.ones(5, dtype=torch.bool))
    write_rows(path, {"seed": "0"}, {"noise": row})
    read = read_rows(path, {"seed": "0"}, 5)["noise"]
    assert (read.correct.tolist(), read.batches, read.seconds) == ([True] * 5, 0, 0.0)
    value = getattr(row, part)
    setattr(row, part, value[:4] if isinstance(value, torch.Tensor) else value - 1)
    write_rows(path, {"seed": "0"}, {"noise": row})
    with pytest.raises(ValueError, match=r"holds outcomes that are not those of 5 images"):
        read_rows(path, {"seed": "0"}, 5)


class Trap:
    """A pickle that would touch a file when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_hostile_file_runs_no_code(tmp_path):
    write_state(tmp_path / "run.pt", {"call": {}, "rows": {}, "trap": Trap(tmp_path / "touched")})
    net, data = target()
    with pytest.raises(ValueError, match="not a readable evaluation checkpoint"):
        under_attack(net, {"noise": Noise(0.1)}, data, checkpoint=tmp_path / "run.pt")
    assert not (tmp_path / "touched").exists()


def test_the_bar_goes_on_where_the_evaluation_stopped(tmp_path, monkeypatch):
    path, bars = tmp_path / "run.pt", []
    interrupt(path, "PGD", 4, monkeypatch)

    class Bar:
        def __init__(self, total, initial, disable, unit):
            bars.append(self)
            self.total, self.n, self.disable = total, initial, disable
            self.began = initial

        def __enter__(self):
            return self

        def __exit__(self, *args):
            pass

        def set_description(self, text):
            pass

        def update(self, by):
            self.n += by

    monkeypatch.setattr(sys.modules["robustlib.evaluation.under_attack"], "tqdm", Bar)
    evaluate(path, progress=True)
    assert bars[0].began == (N - 3) + 4 * BATCH and not bars[0].disable
    assert bars[0].n == bars[0].total == len(ATTACKS) * (N - 3)


def start(checkpoint: Path, outcomes: Path) -> subprocess.Popen:
    """The evaluation in a process of its own."""
    path = [str(Path(robustlib.__file__).parents[1]), str(SCRIPT.parents[1]), os.environ.get("PYTHONPATH", "")]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(path), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(SCRIPT), str(checkpoint), str(outcomes)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_killed_at_a_random_moment_then_resumed_gives_the_same_bits(tmp_path, capsys, left_alone):
    checkpoint, outcomes = tmp_path / "run.pt", tmp_path / "outcomes.pt"
    begun, seconds = random.randint(2, 12), random.random() / 100  # batches, then seconds
    process = start(checkpoint, outcomes)
    for _ in range(begun):
        assert process.stdout.readline() == "batch\n"
    time.sleep(seconds)
    process.kill()
    process.stdout.close()
    assert process.wait() == -signal.SIGKILL
    assert checkpoint.is_file() and not outcomes.exists()
    capsys.readouterr()
    same(bits(evaluate(checkpoint)), left_alone)
    assert 0 < capsys.readouterr().out.count("batch") <= len(ATTACKS) * BATCHES - (begun - 1), (begun, seconds)
