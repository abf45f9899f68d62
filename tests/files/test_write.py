"""Every writer: whole or not at all, on a full disk, when killed, and beside another that writes the same file."""

import errno
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from files.kinds import KINDS

from robustlib.files import read_json, whole, write_bytes, write_json
from robustlib.files.processes import host


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Where a kind of file lies."""
    monkeypatch.setenv("ROBUSTLIB_RESULTS", str(tmp_path / "results"))

    def at(kind):
        path = tmp_path / KINDS[kind].name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    return at


def only(path):
    return [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("kind", KINDS)
def test_it_reads_back_and_all_may_read_it(kind, place):
    path, before = place(kind), os.umask(0o077)
    try:
        KINDS[kind].write(path)
    finally:
        os.umask(before)
    assert only(path) and path.stat().st_mode & 0o777 == 0o644
    first = KINDS[kind].read(path)
    KINDS[kind].write(path)
    assert KINDS[kind].read(path) == first


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk_is_said_and_leaves_the_former_file_alone(kind, code, place, monkeypatch):
    path, write = place(kind), KINDS[kind].write
    write(path)
    former = path.read_bytes()
    if kind == "training":  # a finished run is not written again
        path.unlink()

    def full(handle):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError) as caught:
        write(path)
    text = str(caught.value)
    assert caught.value.errno == code and f"{path}: cannot be written ({os.strerror(code)}); " in text
    assert ("free some space" in text) == (code != errno.EIO) and text.count(";") >= 1
    assert kind == "training" or (only(path) and path.read_bytes() == former)
    assert kind != "training" or not list(path.parent.iterdir())


LIMITED = """
import resource, sys
from pathlib import Path
from files.kinds import KINDS
kind, path = sys.argv[1], Path(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    KINDS[kind].write(path)
except OSError as error:
    sys.stdout.write(f"said: {error}")
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="this system has no limit of file size")
@pytest.mark.parametrize("kind", ["state", "weights", "object", "archive"])
def test_a_disk_that_is_really_full(kind, place):
    path = place(kind)
    root = Path(__file__).parents[2]
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(root), str(root / "tests")])}
    done = subprocess.run([sys.executable, "-c", LIMITED, kind, str(path)], env=env, capture_output=True, text=True)
    assert done.stdout.startswith(f"said: {path}: cannot be written (File too large); "), done.stderr
    assert not list(path.parent.iterdir())


@pytest.mark.parametrize("kind", KINDS)
def test_ctrl_c_in_the_middle_leaves_nothing_behind(kind, place, monkeypatch):
    path = place(kind)

    def pressed(handle):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", pressed)
    with pytest.raises(KeyboardInterrupt):
        KINDS[kind].write(path)
    assert not list(path.parent.iterdir())


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_is_not_replaced(kind, place):
    path = place(kind)
    os.mkfifo(path)
    if kind != "training":  # it reads first, and says so
        with pytest.raises(ValueError, match="is a pipe or a device, not a file"):
            KINDS[kind].write(path)
    assert path.is_fifo() and only(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(ValueError, match="is a folder, not a file"):
        KINDS[kind].write(path)
    assert path.is_dir() and only(path)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("result", "training")])
def test_a_file_in_the_way_of_a_folder_is_named(kind, tmp_path):
    (tmp_path / "taken").write_text("here")
    with pytest.raises(OSError, match=r"taken/deep/file: cannot be written \(a part of .*/taken/deep is a file"):
        KINDS[kind].write(tmp_path / "taken" / "deep" / "file")
    assert (tmp_path / "taken").read_text() == "here"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("kind", ["state", "weights", "object"])
def test_a_folder_without_permission_is_named_with_the_way_out(kind, place):
    path = place(kind)
    path.parent.chmod(0o500)
    with pytest.raises(PermissionError, match="cannot be written .*write permission"):
        KINDS[kind].write(path)
    path.parent.chmod(0o700)


def parts_of(path):
    """What is left of unfinished writes."""
    return [p for p in path.parent.iterdir() if p.name.endswith(".partial")]


def test_two_processes_that_write_the_same_file_at_once_both_end_well(tmp_path):
    path = tmp_path / "run.json"
    write_json(path, {"who": 0, "list": [0] * 2000})
    children = []
    for who in (1, 2):
        child = os.fork()
        if child == 0:
            try:
                for _ in range(60):
                    write_json(path, {"who": who, "list": [who] * 2000})
            except BaseException:
                os._exit(1)
            os._exit(0)
        children.append(child)
    seen = set()
    while len(children) > 0:
        found = read_json(path, "object", "")
        assert set(found["list"]) == {found["who"]}
        seen.add(found["who"])
        gone, status = os.waitpid(-1, os.WNOHANG)
        if gone:
            assert os.waitstatus_to_exitcode(status) == 0
            children.remove(gone)
    assert not parts_of(path) and read_json(path, "object", "")["who"] in (1, 2)


def test_threads_that_write_the_same_file_at_once(tmp_path):
    path, wrong = tmp_path / "run.json", []

    def work(who):
        try:
            for _ in range(40):
                write_json(path, {"who": who, "list": [who] * 500})
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = read_json(path, "object", "")
    assert not wrong and set(found["list"]) == {found["who"]} and only(path)


def test_what_a_killed_process_left_is_swept_by_the_next_write_and_what_a_living_one_writes_is_not(tmp_path):
    path = tmp_path / "run.json"
    child = os.fork()
    if child == 0:
        with whole(path) as file:
            file.write(b"half")
            file.flush()
            time.sleep(300)
    while not parts_of(path) or parts_of(path)[0].stat().st_size < 4:
        time.sleep(0.01)
    write_bytes(path, b"by another")
    assert len(parts_of(path)) == 1, "it is alive"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert path.read_bytes() == b"by another"
    other = tmp_path / f".other.json.{host()}.{child}.1.partial"
    other.write_bytes(b"of another file")
    write_bytes(path, b"again")
    assert parts_of(path) == [other] and path.read_bytes() == b"again"
