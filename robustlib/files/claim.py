"""A claim: one worker does a run, and the others leave it alone until it is done or the worker is dead."""

import json
import os
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from robustlib.files.processes import alive, host

HEARTBEAT = 20.0  # seconds between the signs of life of a claim
SILENCE = 600.0  # seconds after which a worker that gave none counts as dead


@contextmanager
def claimed(path: Path) -> Iterator[str | None]:
    """Claim what `path` stands for, while the block runs: None if it is ours, otherwise who has it, in words.

    The claim is a file with host and process number, made only where there is none, and touched while the block runs.
    One whose process is dead on this machine, or that was not touched for `SILENCE` seconds, is taken over.
    Raises: OSError if the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    own = json.dumps({"host": host(), "pid": os.getpid(), "token": uuid.uuid4().hex}).encode()
    with _in_turn(path.parent):
        there = holder(path)
        if there is None:
            _remove(path, _content(path))
            there = None if _make(path, own) else (holder(path) or "another worker")
    if there is not None:
        yield there
        return
    done = threading.Event()
    beat = threading.Thread(target=_beat, args=(path, own, done), daemon=True)
    beat.start()
    try:
        yield None
    finally:
        done.set()
        beat.join()
        with _in_turn(path.parent):
            if _content(path) == own:  # not one that took over
                _remove(path, own)


def holder(path: Path) -> str | None:
    """Who has claimed it, in words; None where nobody has who is alive."""
    try:
        silent = time.time() - path.stat().st_mtime
    except OSError:
        return None
    content = _content(path)
    try:
        found = json.loads(content or b"")
        who, pid = str(found["host"]), int(found["pid"])
    except (ValueError, KeyError, TypeError):
        return "another worker" if silent < HEARTBEAT else None  # just being written, or damaged
    if silent > SILENCE or (who == host() and not alive(pid)):
        return None
    return f"another worker (process {pid} on {who})"


def _make(path: Path, content: bytes) -> bool:
    """Make the file if nobody else did."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
    except FileExistsError:
        return False
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    return True


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _remove(path: Path, expected: bytes | None) -> None:
    """Remove the claim with this content; one that another machine put there meanwhile is put back."""
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    with suppress(OSError):
        os.rename(path, aside)
        if _content(aside) != expected:
            with suppress(OSError):
                os.link(aside, path)
        aside.unlink()


def _beat(path: Path, own: bytes, done: threading.Event) -> None:
    while not done.wait(HEARTBEAT):
        with suppress(OSError):
            if _content(path) == own:
                os.utime(path)


@contextmanager
def _in_turn(folder: Path) -> Iterator[None]:
    """One process of this machine at a time, where the system has locks; a killed one holds none."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # not on every network file system
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
