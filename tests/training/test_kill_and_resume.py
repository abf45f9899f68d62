"""A run that is killed, also during the write of its checkpoint, ends with the weights of a run left alone."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from training.trainee import EPOCHS, STEPS, train

import robustlib
from robustlib.files import read_state

SCRIPT = Path(__file__).with_name("trainee.py")


def start(checkpoint: Path, weights: Path, *words: str) -> subprocess.Popen:
    """The training in a process of its own."""
    path = [str(Path(robustlib.__file__).parents[1]), str(SCRIPT.parent), os.environ.get("PYTHONPATH", "")]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(path), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(SCRIPT), str(checkpoint), str(weights), *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)


def read_until(process: subprocess.Popen, line: str, times: int = 1) -> None:
    """Wait for the line to come so many times.

    Raises: AssertionError if the process ends before.
    """
    for said in process.stdout:
        times -= said.strip() == line
        if times == 0:
            return
    raise AssertionError(f"the run ended with {process.wait()} before it was killed")


def kill(process: subprocess.Popen) -> None:
    """End the process without a chance to tidy up."""
    process.kill()
    process.stdout.close()
    assert process.wait() == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_killed_at_random_moments_and_during_a_write_then_resumed_gives_the_same_bits(tmp_path):
    checkpoint, weights = tmp_path / "run.pt", tmp_path / "weights.pt"
    moments = [(random.randint(6, 14), random.random() / 50) for _ in range(3)]  # steps done, then seconds
    for steps, seconds in moments:
        process = start(checkpoint, weights)
        read_until(process, "step", steps)
        time.sleep(seconds)
        kill(process)
        assert checkpoint.is_file() and not weights.exists()
    before = checkpoint.read_bytes()
    process = start(checkpoint, weights, "torn-write")
    read_until(process, "half written")
    kill(process)
    after = checkpoint.read_bytes()
    assert after != before, "two whole writes came before the torn one"
    at = read_state(checkpoint, "state", "")["at"]
    assert 3 * 5 < at["epoch"] * STEPS + at["step"] < EPOCHS * STEPS
    process = start(checkpoint, weights)
    process.communicate(timeout=120)
    assert process.returncode == 0
    expected, found = train(None).state_dict(), torch.load(weights, weights_only=True)
    assert found.keys() == expected.keys()
    differing = [name for name in expected if not torch.equal(found[name], expected[name])]
    assert differing == [], f"after kills at {moments}"
