"""Archives: npz files with uint8 images, read with an error that says what is wrong with which file."""

import hashlib
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from numpy.typing import NDArray
from torch import Tensor

from robustlib.datasets.forms import EMBEDDED, Form
from robustlib.datasets.split import Split
from robustlib.files import read_arrays, whole
from robustlib.files.arrays import Declared

ELSEWHERE = "set ROBUSTLIB_DATA to a folder of your own"


def read_archive(path: Path, form: Form) -> tuple[Split, Split]:
    """The training and the test images of an archive with keys x_train, y_train, x_test, y_test, as Keras' have.

    Raises: FileNotFoundError if there is no such file; PermissionError if it may not be read; ValueError if it is
    damaged or of another form.
    """
    arrays = _arrays(path, form, ("train", "test"))
    return _split(path, arrays, form, "train"), _split(path, arrays, form, "test")


def read_embedded(path: Path) -> Split:
    """The 5,000 embedded MNIST images: keys x and y. Raises as `read_archive`."""
    return _split(path, _arrays(path, EMBEDDED, ("",)), EMBEDDED, "")


def write_archive(path: Path, form: Form, arrays: dict[str, NDArray]) -> None:
    """Write an archive whole or not at all, and only if it can be read again.

    Raises: OSError that says why the file cannot be written; ValueError if the arrays are not of this form.
    """
    with whole(path, way_out=ELSEWHERE) as file:
        np.savez(file, classes=np.array(form.classes), **arrays)  # type: ignore[arg-type]
        file.flush()
        read_archive(Path(file.name), form)


def fingerprint(*splits: Split) -> str:
    """Hash of images with their labels, in any order: tells the same set from another, however it was shuffled."""
    digests = sorted(
        hashlib.sha256(image.tobytes() + bytes((label,))).digest()
        for split in splits
        for image, label in zip(split.x.cpu().numpy(), split.y.tolist(), strict=True)
    )
    return hashlib.sha256(b"".join(digests)).hexdigest()


def _arrays(path: Path, form: Form, parts: tuple[str, ...]) -> dict[str, NDArray]:
    def fits(declared: Declared) -> None:
        for part in parts:
            _check(path, declared, form, part)

    keys = [_key(of, part) for part in parts for of in "xy"]
    try:
        return read_arrays(path, keys, fits, "npz archive of plain arrays", _way_out(path))
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{path}: no such archive") from error


def _key(of: str, part: str) -> str:
    return f"{of}_{part}" if part else of


def _check(path: Path, declared: Declared, form: Form, part: str) -> None:
    """Dtypes, shapes and counts of one part, before any of it is read."""
    (x_type, x_shape), (y_type, y_shape) = declared[_key("x", part)], declared[_key("y", part)]
    c, h, w = form.shape
    if x_type != np.uint8 or not (x_shape[1:] == (h, w, c) or (c == 1 and x_shape[1:] == (h, w))):
        wanted = f"uint8 (n, {h}, {w})" if c == 1 else f"uint8 (n, {h}, {w}, {c})"
        raise _wrong(path, f"{_key('x', part)} is {x_type} {x_shape}", wanted)
    column = len(y_shape) == 2 and y_shape[1] == 1  # Keras' CIFAR archives
    if not (column or len(y_shape) == 1) or not np.issubdtype(y_type, np.integer):
        raise _wrong(path, f"{_key('y', part)} is {y_type} {y_shape}", "whole numbers of shape (n,)")
    n = form.sizes[1] if part == "test" else form.sizes[0]
    if x_shape[0] != n or y_shape[0] != n:
        found = f"{_key('x', part)} has {x_shape[0]:,} images and {_key('y', part)} {y_shape[0]:,} labels"
        raise _wrong(path, found, f"{n:,} of each")


def _split(path: Path, arrays: dict[str, NDArray], form: Form, part: str) -> Split:
    """One part, of arrays whose shapes are checked."""
    y, k = arrays[_key("y", part)].reshape(-1), len(form.classes)
    if y.min() < 0 or y.max() >= k:
        raise _wrong(path, f"{_key('y', part)} holds labels {y.min()} to {y.max()}", f"0 to {k - 1}")
    return Split(
        _images(arrays[_key("x", part)], form),
        torch.from_numpy(y.astype(np.int64)),
        f"{form.name}/{part}" if part else form.name,
    )


def _images(x: NDArray, form: Form) -> UInt8[Tensor, "n c h w"]:
    c, h, w = form.shape
    return torch.from_numpy(x.reshape(len(x), h, w, c)).permute(0, 3, 1, 2).contiguous()


def _wrong(path: Path, found: str, expected: str) -> ValueError:
    return ValueError(f"{path}: {found}; expected {expected}; {_way_out(path)}")


def _way_out(path: Path) -> str:
    return "install robustlib again" if path.name == "mnist_5k.npz" else "delete or move the file, and it is made anew"
