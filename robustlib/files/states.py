"""States of unfinished work: torch's format under a seal, so that every bit is covered by a hash."""

import hashlib
from io import BytesIO
from pathlib import Path
from typing import Any

import torch

from robustlib.files.read import parsing, read_bytes, unreadable
from robustlib.files.write import write_bytes

MARK = b"robustlib state 1\n"  # then the sha256 of the payload (32 bytes), its length (8), and the payload
HEAD = len(MARK) + 40


def write_state(path: Path | str, state: Any) -> None:
    """Write what `torch.save` makes of the state, sealed; whole or not at all. Raises: OSError as `whole`."""
    buffer = BytesIO()
    torch.save(state, buffer)  # not into the file: on a full disk torch raises what says nothing of it
    payload = buffer.getbuffer()
    write_bytes(path, MARK, hashlib.sha256(payload).digest(), len(payload).to_bytes(8, "big"), payload)


def read_state(path: Path | str, what: str, way_out: str) -> Any:
    """The state at `path`, on the CPU. No code in the file is run.

    Raises: FileNotFoundError or PermissionError; ValueError that names the file, says it is not a readable `what`, and
    why, if one bit is not as it was written.
    """
    data = memoryview(read_bytes(path))
    payload, length = data[HEAD:], int.from_bytes(data[HEAD - 8 : HEAD], "big")
    if data[: len(MARK)] != MARK:
        raise unreadable(path, what, "robustlib's mark is not at its start: damaged, foreign or older", way_out)
    if len(payload) != length:
        raise unreadable(path, what, f"{len(payload):,} bytes where {length:,} were written", way_out)
    if hashlib.sha256(payload).digest() != data[len(MARK) : len(MARK) + 32]:
        raise unreadable(path, what, "its bytes are not those that were written: the sha256 differs", way_out)
    with parsing(path, what, way_out):
        return torch.load(BytesIO(payload), map_location="cpu", weights_only=True)
