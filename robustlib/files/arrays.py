"""Arrays in npz archives: what they declare is checked before memory is taken, their CRCs before they are given."""

import zipfile
from collections.abc import Callable, Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from robustlib.files.read import opened, parsing, unreadable

Declared = dict[str, tuple[np.dtype, tuple[int, ...]]]  # dtype and shape by key


def read_arrays(
    path: Path | str, keys: Sequence[str], fits: Callable[[Declared], None], what: str, way_out: str
) -> dict[str, NDArray]:
    """The arrays of an archive by key. `fits` sees what they declare before any is read, and raises if it is wrong.

    Raises: FileNotFoundError or PermissionError; what `fits` raises; ValueError that names the file if it is damaged,
    lacks a key, holds Python objects, or if the sizes that archive and arrays declare disagree.
    """
    with opened(path) as file:
        with parsing(path, what, way_out):
            archive = zipfile.ZipFile(file)
            held = sorted(name.removesuffix(".npy") for name in archive.namelist())
        if not set(keys) <= set(held):
            found = f"it holds the keys {', '.join(held) or 'none'}; expected {', '.join(keys)}"
            raise unreadable(path, what, found, way_out)
        with parsing(path, what, way_out):
            declared = {key: _declared(archive, f"{key}.npy") for key in keys}
        fits(declared)
        with parsing(path, what, way_out):
            return {key: _read(archive, f"{key}.npy") for key in keys}


def _declared(archive: zipfile.ZipFile, name: str) -> tuple[np.dtype, tuple[int, ...]]:
    """What the header of a member says, if it agrees with the archive's directory."""
    with archive.open(name) as member:
        shape, _, dtype = _header(member)
        said = member.tell() + prod(shape) * dtype.itemsize
    listed = archive.getinfo(name).file_size
    if dtype.hasobject:
        raise TypeError(f"{name} holds Python objects")
    if listed != said:
        raise EOFError(f"{name} declares {said:,} bytes, {dtype} {shape}, and the archive lists {listed:,}")
    return dtype, shape


def _header(member: Any) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = npy.read_magic(member)
    if version == (1, 0):
        return npy.read_array_header_1_0(member)
    if version == (2, 0):
        return npy.read_array_header_2_0(member)
    raise TypeError(f"an npy header of version {version}")


def _read(archive: zipfile.ZipFile, name: str) -> NDArray:
    with archive.open(name) as member:
        found = npy.read_array(member, allow_pickle=False)
        if member.read(1):  # at its end the archive compares the CRC
            raise EOFError(f"{name} is longer than it declares")
    return found
