"""Reading: regular files only, and whatever a parser raises becomes one ValueError that names the file."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def opened(path: Path | str) -> Iterator[BinaryIO]:
    """A regular file, open for reading. A pipe is not waited for.

    Raises: FileNotFoundError, PermissionError, or ValueError for a folder, a pipe or a device, naming it.
    """
    path = Path(path)
    try:
        # Without O_NONBLOCK, opening a pipe waits for a writer, perhaps for ever.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileNotFoundError(f"{path}: no such file") from error
    except PermissionError as error:
        if path.is_dir():  # as Windows says it
            raise ValueError(f"{path}: is a folder, not a file; move it away") from error
        raise PermissionError(f"{path}: may not be read; give yourself read permission") from error
    except OSError as error:
        raise ValueError(f"{path}: cannot be opened ({error.strerror}); move it away") from error
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        kind = "a folder" if stat.S_ISDIR(mode) else "a pipe or a device"
        raise ValueError(f"{path}: is {kind}, not a file; move it away")
    with os.fdopen(handle, "rb") as file:
        yield file


def read_bytes(path: Path | str) -> bytes:
    """All of a regular file. Raises: as `opened`; ValueError if it cannot be read to its end."""
    with opened(path) as file, parsing(path, "file", "look at the disk, or put a whole copy there"):
        return file.read()


@contextmanager
def parsing(path: Path | str, what: str, way_out: str) -> Iterator[None]:
    """Turn whatever the block raises on damaged bytes (also MemoryError, RecursionError) into one ValueError.

    Raises: ValueError "PATH: not a readable WHAT (...); WAY_OUT".
    """
    try:
        yield
    except Exception as error:
        said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise unreadable(path, what, said, way_out) from error


def unreadable(path: Path | str, what: str, reason: str, way_out: str) -> ValueError:
    """The one sentence about a file that cannot be used."""
    return ValueError(f"{path}: not a readable {what} ({' '.join(reason.split())[:300]}); {way_out}")


def sha256(path: Path | str) -> str:
    """The hash of a file's bytes. Raises: as `opened`."""
    digest = hashlib.sha256()
    with opened(path) as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()
