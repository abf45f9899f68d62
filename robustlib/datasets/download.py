"""Archives that are not there yet: made once from torchvision's own download."""

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from robustlib.datasets.archive import ELSEWHERE, write_archive
from robustlib.datasets.folders import archive_folders
from robustlib.datasets.forms import Form
from robustlib.datasets.retrieve import retrieve
from robustlib.files import write_bytes

CONNECT_SECONDS = 10.0


class Unavailable(OSError):
    """There is no archive, and none could be fetched. The text says why, in one line."""


def fetch(form: Form) -> Path:
    """Download a dataset, check it, and write its archive whole or not at all; returns where it lies.

    The download, from the addresses and with the checksums that torchvision knows, goes to a temporary folder, where
    torchvision unpacks it. A server that is silent, or sends next to nothing, is given up.
    Raises: Unavailable if ROBUSTLIB_OFFLINE forbids it or it fails; OSError if the folder cannot be written.
    """
    if offline():
        raise Unavailable("ROBUSTLIB_OFFLINE is set, so nothing was downloaded")
    path = archive_folders()[0] / f"{form.name}.npz"
    probe = path.with_name(f".{path.name}.{os.getpid()}.probe")
    write_bytes(probe, b"probe", way_out=ELSEWHERE)  # before the download, not after it
    probe.unlink()
    try:
        with tempfile.TemporaryDirectory(prefix="robustlib-") as folder:
            write_archive(path, form, _arrays(form, Path(folder)))
    except Exception as error:  # noqa: BLE001 (whatever a network or a disk can do; KeyboardInterrupt passes)
        reason = " ".join(str(error).split())
        raise Unavailable(f"torchvision's download failed ({type(error).__name__}: {reason[:300]})") from error
    return path


def offline() -> bool:
    """Whether ROBUSTLIB_OFFLINE forbids the network."""
    return os.environ.get("ROBUSTLIB_OFFLINE", "").lower() not in ("", "0", "false", "no")


def _arrays(form: Form, folder: Path) -> dict[str, np.ndarray]:
    from torchvision import datasets

    source = {"mnist": datasets.MNIST, "cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}[form.name]
    _retrieve_all(source, folder)
    arrays = {}
    for part in ("train", "test"):
        held = source(str(folder), train=part == "train", download=True)  # finds the files, compares and unpacks them
        arrays[f"x_{part}"] = np.asarray(held.data, dtype=np.uint8)
        arrays[f"y_{part}"] = np.asarray(held.targets, dtype=np.uint8)
    return arrays


def _retrieve_all(source: Any, folder: Path) -> None:
    """Put the files of one of torchvision's datasets where it would download them to.

    Raises: OSError with what every mirror did.
    """
    if hasattr(source, "mirrors"):
        files = {folder / source.__name__ / "raw" / name: (source.mirrors, name, md5) for name, md5 in source.resources}
    else:
        files = {
            folder / source.filename: ([source.url.removesuffix(source.filename)], source.filename, source.tgz_md5)
        }
    for path, (mirrors, name, md5) in files.items():
        errors = []
        for mirror in mirrors:
            try:
                write_bytes(path, retrieve(f"{mirror}{name}", md5, name, CONNECT_SECONDS))
                break
            except (OSError, ValueError) as error:
                errors.append(f"{mirror}: {error}")
        else:
            raise OSError("; ".join(errors))
