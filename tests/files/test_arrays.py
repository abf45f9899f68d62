"""npz archives that lie about their sizes: refused before memory is taken."""

import io
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from files.kinds import FORM, arrays

from robustlib.datasets.archive import read_archive


def header(text: str, version: bytes = b"\x01\x00") -> bytes:
    """An npy header of just this text."""
    text = text.ljust(117) + "\n"
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text.encode()


def member(array: np.ndarray) -> bytes:
    """An npy file."""
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def archive(path, **members: bytes) -> None:
    """An archive of these bytes in place of the right ones."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in ({name: member(array) for name, array in arrays().items()} | members).items():
            file.writestr(f"{name}.npy", content)


SHAPE = "{'descr': '|u1', 'fortran_order': False, 'shape': %s, }"
LIES = {
    "146 TiB": header(SHAPE % "(160000000000000,)"),
    "more than it holds": header(SHAPE % "(6, 4, 5)") + bytes(119),
    "less than it holds": header(SHAPE % "(6, 4, 5)") + bytes(121),
    "beyond 64 bits": header(SHAPE % "(99999999999999999999999, 4, 5)"),
    "a negative shape": header(SHAPE % "(-6, -4, 5)") + bytes(120),
    "an open bracket": header("{'descr': '|u1', 'fortran_order': False, 'shape': (6, 4, 5"),
    "an indent": header("{'descr':\n  '|u1'\n ,\n}\n\n   ("),
    "nested without end": header("(" * 100),
    "no array": b"these are no pixels",
    "nothing": b"",
    "half a header": header(SHAPE % "(6, 4, 5)")[:40],
    "a version of its own": header(SHAPE % "(6, 4, 5)", b"\x09\x00") + bytes(120),
    "objects": header(SHAPE.replace("|u1", "|O") % "(6, 4, 5)") + bytes(120 * 8),
    "a dtype that is none": header(SHAPE.replace("|u1", "purple") % "(6, 4, 5)") + bytes(120),
    "not ascii": b"\x93NUMPY\x01\x00\x10\x00" + b"\xff" * 16,
}


@pytest.mark.parametrize("how", LIES)
@pytest.mark.parametrize("key", ["x_train", "y_test"])
def test_a_member_that_lies_is_named(key, how, tmp_path):
    path = tmp_path / "grey.npz"
    archive(path, **{key: LIES[how]})
    with pytest.raises(ValueError, match=r"grey\.npz: .*delete or move the file"):
        read_archive(path, FORM)


@pytest.mark.parametrize("declares", ["itself", "the right shape"])
def test_a_bomb_takes_no_memory(declares, tmp_path):
    """200 MB of zeros in 200 kB, under a header of their own and under the one that was expected."""
    path, zeros = tmp_path / "grey.npz", bytes(200_000_000)
    shape = "(200000000,)" if declares == "itself" else "(6, 4, 5)"
    archive(path, x_train=header(SHAPE % shape) + zeros)
    assert path.stat().st_size < 1_000_000
    del zeros
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"grey\.npz: "):
        read_archive(path, FORM)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_a_directory_that_lists_less_than_there_is(tmp_path):
    path = tmp_path / "grey.npz"
    archive(path)
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02") + 24  # the uncompressed size in the directory's first entry
    data[at : at + 4] = struct.pack("<I", 10)
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"grey\.npz: "):
        read_archive(path, FORM)


def test_shapes_are_checked_before_anything_is_read(tmp_path, monkeypatch):
    path = tmp_path / "grey.npz"
    archive(path, y_test=member(np.arange(4, dtype=np.uint8)))

    def read(*args, **options):
        raise AssertionError("read")

    monkeypatch.setattr("robustlib.files.arrays.npy.read_array", read)
    with pytest.raises(ValueError, match="x_test has 3 images and y_test 4 labels; expected 3 of each"):
        read_archive(path, FORM)
