"""A watched command ends, whatever it does, and nothing of it goes on."""

import sys
import time
from pathlib import Path

import psutil
import pytest

from book.labs.watched import Limits, Watched, run

# A child in a session of its own, as the kernel of a notebook is, which outlives whoever started it.
ORPHAN = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True)
print(child.pid, flush=True)
time.sleep(1000)
"""


def watched(code: str, limits: Limits, folder: Path) -> tuple[Watched, str]:
    found = run([sys.executable, "-c", code], limits, folder, {}, folder / "log")
    return found, (folder / "log").read_text()


def test_a_command_that_ends(tmp_path: Path) -> None:
    found, said = watched("import time; print('here'); time.sleep(0.5); raise SystemExit(3)", Limits(20), tmp_path)
    assert (found.ended, found.code, said) == ("done", 3, "here\n")
    assert found.seconds < 5 and found.megabytes < 500  # what it takes between two looks is not seen


@pytest.mark.parametrize(
    ("code", "limits", "ended"),
    [
        ("while True: pass", Limits(0.5, patience=60), "time"),
        ("import time; time.sleep(1000)", Limits(0.5, patience=2), "time"),
        (
            "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass",
            Limits(0.5, patience=60),
            "time",
        ),
        ("import time; kept = bytearray(400_000_000); time.sleep(1000)", Limits(60, gigabytes=0.2), "memory"),
    ],
)
def test_a_command_that_does_not(code: str, limits: Limits, ended: str, tmp_path: Path) -> None:
    found, _ = watched(code, limits, tmp_path)
    assert found.ended == ended and found.code == -9
    assert ended != "memory" or found.megabytes > 200


def test_what_left_its_session_is_stopped_and_counted(tmp_path: Path) -> None:
    found, said = watched(ORPHAN, Limits(1, patience=60), tmp_path)
    assert found.ended == "time" and found.seconds > 1
    for _ in range(50):
        if not psutil.pid_exists(int(said)) or psutil.Process(int(said)).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.1)
    pytest.fail("the child goes on")


@pytest.mark.parametrize("limits", [{"seconds": 0}, {"gigabytes": -1}, {"patience": 0.5}])
def test_limits_that_are_none(limits: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="limits are above 0"):
        Limits(**limits)
