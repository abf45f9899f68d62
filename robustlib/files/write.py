"""Writing: a file appears whole or not at all, whoever else writes it, and whatever the disk does meanwhile."""

import errno
import glob
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from robustlib.files.processes import alive, host

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


def write_bytes(path: Path | str, *parts: bytes | memoryview, way_out: str = "") -> None:
    """Write the parts one after the other as one file, whole or not at all. Raises as `whole`."""
    with whole(path, way_out=way_out) as file:
        for part in parts:
            file.write(part)


@contextmanager
def whole(path: Path | str, *, way_out: str = "") -> Iterator[BinaryIO]:
    """A new file to write, which takes the place of `path` when the block ends, and vanishes when it fails.

    It lies beside its place, under a name of its own for every process and thread, reaches the disk before it is
    renamed, and may be read by all (mode 0644). The folder is made if need be.

    Raises: OSError, of the kind the system raised, that says which file, why, and the way out (`way_out`, or what fits
    the reason); ValueError if `path` is there and is no regular file.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.{host()}.{os.getpid()}.{threading.get_ident()}.partial")
    made = False
    try:
        _refuse_what_is_no_file(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        with partial.open("wb") as file:
            made = True
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.chmod(0o644)
        os.replace(partial, path)
        made = False
        _sync_folder(path.parent)
    except OSError as error:
        raise _said(path, error, way_out) from error
    finally:
        if made:
            with suppress(OSError):
                partial.unlink()


def _refuse_what_is_no_file(path: Path) -> None:
    """A device or a pipe would be replaced by the rename, a folder stops it after all is written."""
    with suppress(FileNotFoundError, NotADirectoryError):
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            kind = "a folder" if stat.S_ISDIR(mode) else "a pipe or a device"
            raise ValueError(f"{path}: is {kind}, not a file; choose another path to write to")


def _sweep(path: Path) -> None:
    """Remove what processes of this machine left of this file when they were killed in the middle of a write."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.{host()}.*.partial"):
        pid = left.name.split(".")[-3]
        if pid.isdecimal() and int(pid) != os.getpid() and not alive(int(pid)):
            with suppress(OSError):
                left.unlink()


def _sync_folder(folder: Path) -> None:
    """So that the new name, too, survives a power cut; not all systems can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _said(path: Path, error: OSError, way_out: str) -> OSError:
    """The same kind of error in a sentence: which file, why, and the way out."""
    reason = error.strerror or str(error)
    if isinstance(error, FileExistsError | NotADirectoryError):
        reason = f"a part of {path.parent} is a file, not a folder"
    if error.errno in FULL:
        way_out = "nothing was left behind; free some space, or choose a path on another disk"
    elif error.errno in FORBIDDEN:
        way_out = way_out or "give yourself write permission for the folder, or choose a path that you may write"
    kind = type(error) if type(error).__module__ == "builtins" else OSError
    found = kind(f"{path}: cannot be written ({reason}); {way_out or 'choose another path'}")
    found.errno = error.errno
    return found
