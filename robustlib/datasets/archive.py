"""Archives: npz files with uint8 images, read with an error that says what is wrong with which file."""

import hashlib
import os
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from jaxtyping import UInt8
from numpy.typing import NDArray
from torch import Tensor

from robustlib.datasets.forms import EMBEDDED, Form
from robustlib.datasets.split import Split

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, TypeError, RuntimeError)


def read_archive(path: Path, form: Form) -> tuple[Split, Split]:
    """The training and the test images of an archive with keys x_train, y_train, x_test, y_test, as Keras' have.

    Raises: FileNotFoundError if there is no such file; PermissionError if it may not be read; ValueError if it is
    damaged or of another form.
    """
    arrays = _arrays(path, ("x_train", "y_train", "x_test", "y_test"))
    return _split(path, arrays, form, "train"), _split(path, arrays, form, "test")


def read_embedded(path: Path) -> Split:
    """The 5,000 embedded MNIST images: keys x and y. Raises as `read_archive`."""
    return _split(path, _arrays(path, ("x", "y")), EMBEDDED, "")


def write_archive(path: Path, form: Form, arrays: dict[str, NDArray]) -> None:
    """Write an archive whole or not at all: beside its place first, then renamed.

    Raises: PermissionError if the folder may not be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    file = writable(path.parent, partial)
    try:
        with file:
            np.savez(file, classes=np.array(form.classes), **arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        read_archive(partial, form)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def writable(folder: Path, file: Path) -> BinaryIO:
    """A new file in the folder, which is made if need be.

    Raises: PermissionError that names the folder and the way out.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return file.open("wb")
    except OSError as error:
        way_out = "set ROBUSTLIB_DATA to a folder of your own"
        raise PermissionError(f"{folder}: cannot be written ({error.strerror}); {way_out}") from error


def fingerprint(*splits: Split) -> str:
    """Hash of images with their labels, in any order: tells the same set from another, however it was shuffled."""
    digests = sorted(
        hashlib.sha256(image.tobytes() + bytes((label,))).digest()
        for split in splits
        for image, label in zip(split.x.cpu().numpy(), split.y.tolist(), strict=True)
    )
    return hashlib.sha256(b"".join(digests)).hexdigest()


def _arrays(path: Path, keys: tuple[str, ...]) -> dict[str, NDArray]:
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such archive")
    try:
        # Opened here: numpy leaves a file that it cannot read as an archive open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            held = sorted(archive)
            if set(keys) <= set(held):
                return {key: archive[key] for key in keys}
    except PermissionError as error:
        raise PermissionError(f"{path}: may not be read; give yourself read permission") from error
    except DAMAGED as error:
        raise _wrong(path, f"it cannot be read ({error})", "a whole npz archive of plain arrays") from error
    raise _wrong(path, f"it holds the keys {', '.join(held) or 'none'}", ", ".join(keys))


def _split(path: Path, arrays: dict[str, NDArray], form: Form, part: str) -> Split:
    end = f"_{part}" if part else ""
    x = _images(path, f"x{end}", arrays[f"x{end}"], form)
    y, k = arrays[f"y{end}"], len(form.classes)
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y  # Keras' CIFAR archives
    if y.ndim != 1 or not np.issubdtype(y.dtype, np.integer):
        raise _wrong(path, f"y{end} is {y.dtype} {y.shape}", "whole numbers of shape (n,)")
    n = form.sizes[1] if part == "test" else form.sizes[0]
    if len(x) != n or len(y) != n:
        raise _wrong(path, f"x{end} has {len(x):,} images and y{end} {len(y):,} labels", f"{n:,} of each")
    if y.min() < 0 or y.max() >= k:
        raise _wrong(path, f"y{end} holds labels {y.min()} to {y.max()}", f"0 to {k - 1}")
    return Split(x, torch.from_numpy(y.astype(np.int64)), f"{form.name}/{part}" if part else form.name)


def _images(path: Path, key: str, x: NDArray, form: Form) -> UInt8[Tensor, "n c h w"]:
    c, h, w = form.shape
    fits = x.shape[1:] == (h, w, c) or (c == 1 and x.shape[1:] == (h, w))
    if x.dtype != np.uint8 or not fits:
        wanted = f"uint8 (n, {h}, {w})" if c == 1 else f"uint8 (n, {h}, {w}, {c})"
        raise _wrong(path, f"{key} is {x.dtype} {x.shape}", wanted)
    return torch.from_numpy(x.reshape(len(x), h, w, c)).permute(0, 3, 1, 2).contiguous()


def _wrong(path: Path, found: str, expected: str) -> ValueError:
    way_out = (
        "install robustlib again" if path.name == "mnist_5k.npz" else "delete or move the file, and it is made anew"
    )
    return ValueError(f"{path}: {found}; expected {expected}; {way_out}")
