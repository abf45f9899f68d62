"""Text files: JSON and the rows of a CSV table."""

import csv
import hashlib
import json
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from robustlib.files.read import parsing, read_bytes, unreadable
from robustlib.files.write import write_bytes

SEAL = "seal"  # the sha256 of all the other entries of a JSON object


def write_json(path: Path | str, value: Mapping[str, Any]) -> None:
    """Write an object, sorted, with its seal as one more entry; whole or not at all. Raises: OSError as `whole`."""
    value = json.loads(json.dumps({key: item for key, item in value.items() if key != SEAL}))  # as it is read again
    text = json.dumps({**value, SEAL: _seal(value)}, indent=1, sort_keys=True)
    write_bytes(path, (text + "\n").encode())


def read_json(path: Path | str, what: str, way_out: str) -> dict[str, Any]:
    """The object at `path`, without its seal, which is checked where it has one.

    Raises: FileNotFoundError or PermissionError; ValueError that names the file if it is no JSON object, or not as it
    was written.
    """
    data = read_bytes(path)
    with parsing(path, what, way_out):
        value = json.loads(data.decode("utf-8"))
        if not isinstance(value, dict):
            raise TypeError(f"a JSON {type(value).__name__}, expected an object")
        seal = value.pop(SEAL, None)
        sealed = not _renamed_seal(value) if seal is None else seal == _seal(value)
    if not sealed:
        raise unreadable(path, what, "it is not as it was written: edited or damaged", way_out)
    return value


def read_table(path: Path | str, what: str, way_out: str) -> list[dict[str, str]]:
    """The rows of a CSV file with a header, by its columns.

    Raises: FileNotFoundError or PermissionError; ValueError that names the file if it cannot be decoded, or a row has
    more or fewer cells than the header.
    """
    data = read_bytes(path)
    with parsing(path, what, way_out):
        rows = list(csv.reader(StringIO(data.decode("utf-8"), newline=""), strict=True))
        rows = [row for row in rows if row]
        if not rows or len(set(rows[0])) < len(rows[0]):
            raise LookupError("it has no header" if not rows else f"columns of one name in {rows[0]}")
        for row in rows[1:]:
            if len(row) != len(rows[0]):
                raise LookupError(f"{len(row)} cells in {row[:3]}..., the header has {len(rows[0])}")
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def _renamed_seal(value: Mapping[str, Any]) -> bool:
    """Whether the seal stands under a name that is not its own, as one flipped bit makes it."""
    likely = [key for key, item in value.items() if isinstance(item, str) and len(item) == 64]
    return any(value[key] == _seal({k: item for k, item in value.items() if k != key}) for key in likely)


def _seal(value: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
