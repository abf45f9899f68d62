"""Claims: one worker has it, the dead have nothing, and a race has one winner."""

import json
import os
import socket
import time

import pytest

from robustlib.files import claim, claimed, holder
from robustlib.files.processes import alive, host


def dead_pid() -> int:
    """The number of a process that has ended."""
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return child


def left(path, pid=None, on=None, age=0.0):
    """A claim as another worker leaves it."""
    path.write_text(json.dumps({"host": on or host(), "pid": pid or os.getppid(), "token": "t"}))
    os.utime(path, (time.time() - age,) * 2)


def test_a_claim_is_there_while_the_block_runs_and_gone_after_it(tmp_path):
    path = tmp_path / "deep" / "run.claim"
    with claimed(path) as other:
        assert other is None and path.is_file()
        assert json.loads(path.read_text())["pid"] == os.getpid()
        with claimed(path) as second:
            assert second == f"another worker (process {os.getpid()} on {host()})" == holder(path)
        assert path.is_file(), "the second one takes nothing away"
    assert not list(path.parent.iterdir()) and holder(path) is None


def test_an_error_in_the_block_gives_the_claim_back(tmp_path):
    with pytest.raises(KeyboardInterrupt), claimed(tmp_path / "c"):
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("stale", "taken"),
    [
        ({}, False),
        ({"pid": "dead"}, True),
        ({"age": claim.SILENCE + 5}, True),
        ({"age": claim.SILENCE - 60}, False),
        ({"on": "elsewhere", "pid": "dead"}, False),
        ({"on": "elsewhere", "age": claim.SILENCE + 5}, True),
    ],
)
def test_whose_claim_is_taken_over(stale, taken, tmp_path):
    path = tmp_path / "run.claim"
    left(path, **(stale | ({"pid": dead_pid()} if stale.get("pid") == "dead" else {})))
    before = path.read_text()
    with claimed(path) as other:
        assert (other is None) == taken
        assert taken or path.read_text() == before
    assert path.is_file() == (not taken) and len(list(tmp_path.iterdir())) == (not taken)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"host": 1}', b"\xff"])
def test_a_damaged_claim_counts_for_a_moment_only(content, tmp_path):
    path = tmp_path / "run.claim"
    path.write_bytes(content)
    with claimed(path) as other:
        assert other == "another worker"
    os.utime(path, (time.time() - claim.HEARTBEAT - 1,) * 2)
    with claimed(path) as other:
        assert other is None


def test_the_claim_shows_that_its_worker_lives(tmp_path, monkeypatch):
    monkeypatch.setattr(claim, "HEARTBEAT", 0.02)
    path = tmp_path / "run.claim"
    with claimed(path):
        os.utime(path, (1, 1))
        for _ in range(500):
            if path.stat().st_mtime > 1:
                break
            time.sleep(0.01)
        assert path.stat().st_mtime > time.time() - 60


def test_who_was_taken_over_does_not_take_the_claim_of_the_other_away(tmp_path):
    path = tmp_path / "run.claim"
    with claimed(path):
        left(path)
    assert path.is_file()


def test_a_stale_claim_that_many_want_has_one_winner(tmp_path):
    path, gone = tmp_path / "run.claim", dead_pid()
    for _ in range(15):
        left(path, pid=gone)
        go, wins = tmp_path / "go", []
        children = []
        for _ in range(4):
            child = os.fork()
            if child == 0:
                while not go.exists():
                    pass
                with claimed(path) as other:
                    if other is None:
                        time.sleep(0.15)
                    os._exit(0 if other is None else 7)
            children.append(child)
        go.touch()
        wins = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        assert sorted(wins) == [0, 7, 7, 7]
        path.unlink(missing_ok=True)  # the winner ended without giving it back
        go.unlink()


def test_processes_and_machines():
    assert alive(os.getpid()) and not alive(dead_pid()) and not alive(0) and not alive(-1)
    assert host() and "." not in host() and host()[:3] == socket.gethostname()[:3]
