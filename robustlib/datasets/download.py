"""Archives that are not there yet: made once from torchvision's own download."""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from robustlib.datasets.archive import writable, write_archive
from robustlib.datasets.folders import archive_folders
from robustlib.datasets.forms import Form

CONNECT_SECONDS = 10.0


class Unavailable(OSError):
    """There is no archive, and none could be fetched. The text says why, in one line."""


def fetch(form: Form) -> Path:
    """Download a dataset, check it, and write its archive whole or not at all; returns where it lies.

    The download goes to a temporary folder; torchvision shows its progress and checks its checksums.
    Raises: Unavailable if ROBUSTLIB_OFFLINE forbids it or it fails; PermissionError if the folder cannot be written.
    """
    if offline():
        raise Unavailable("ROBUSTLIB_OFFLINE is set, so nothing was downloaded")
    path = archive_folders()[0] / f"{form.name}.npz"
    probe = path.with_name(f".{path.name}.{os.getpid()}.probe")
    writable(path.parent, probe).close()  # before the download, not after it
    probe.unlink()
    try:
        with tempfile.TemporaryDirectory(prefix="robustlib-") as folder, _patience(CONNECT_SECONDS):
            write_archive(path, form, _arrays(form, folder))
    except Exception as error:  # noqa: BLE001 (whatever a network or a disk can do; KeyboardInterrupt passes)
        reason = " ".join(str(error).split())
        raise Unavailable(f"torchvision's download failed ({type(error).__name__}: {reason[:300]})") from error
    return path


def offline() -> bool:
    """Whether ROBUSTLIB_OFFLINE forbids the network."""
    return os.environ.get("ROBUSTLIB_OFFLINE", "").lower() not in ("", "0", "false", "no")


def _arrays(form: Form, folder: str) -> dict[str, np.ndarray]:
    from torchvision import datasets

    source = {"mnist": datasets.MNIST, "cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}[form.name]
    arrays = {}
    for part in ("train", "test"):
        held = source(folder, train=part == "train", download=True)
        arrays[f"x_{part}"] = np.asarray(held.data, dtype=np.uint8)
        arrays[f"y_{part}"] = np.asarray(held.targets, dtype=np.uint8)
    return arrays


@contextmanager
def _patience(seconds: float) -> Iterator[None]:
    """Give up on a silent server: torchvision passes no timeout of its own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
