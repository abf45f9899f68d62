"""Named tensors in safetensors files that carry the hash of their content."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import torch
from safetensors.torch import load, save
from torch import Tensor

from robustlib.files.read import opened, parsing, read_bytes, unreadable
from robustlib.files.write import write_bytes

KEY = "robustlib.sha256"


def write_tensors(path: Path | str, tensors: Mapping[str, Tensor]) -> None:
    """Write the tensors, contiguous and from the CPU, with the hash of all of them; whole or not at all.

    Raises: OSError as `whole`.
    """
    path = Path(path)
    held = {n: t.detach().cpu().clone(memory_format=torch.contiguous_format) for n, t in tensors.items()}
    write_bytes(path, save(held, {KEY: content_hash(held)}))
    with suppress(OSError):
        beside(path).unlink()  # the hash of the file that was there before


def read_tensors(path: Path | str, what: str, way_out: str, sha256: str | None = None) -> dict[str, Tensor]:
    """The tensors at `path`, on the CPU, checked against the hash in the file; in a file without one, against
    `PATH.sha256` if that is there (as `sha256sum` writes it). `sha256` is what the file's bytes must have, if given.

    Raises: FileNotFoundError or PermissionError; ValueError that names the file if a hash differs or it is no
    safetensors file.
    """
    path = Path(path)
    data = read_bytes(path)
    found = hashlib.sha256(data).hexdigest()
    if sha256 is not None and found != sha256:
        raise unreadable(path, what, f"its sha256 is {found[:12]}..., expected {sha256[:12]}...", way_out)
    with parsing(path, what, way_out):
        tensors = load(data)
        size = int.from_bytes(data[:8], "little")
        written = (json.loads(data[8 : 8 + size]).get("__metadata__") or {}).get(KEY)
        actual = content_hash(tensors)
    if written is not None and written != actual:
        raise unreadable(path, what, "its tensors are not those that were written: their hash differs", way_out)
    if written is None and sha256 is None and _listed(path) not in (None, found):
        raise unreadable(path, what, f"its sha256 is not the one in {beside(path).name}", way_out)
    return tensors


def content_hash(tensors: Mapping[str, Tensor]) -> str:
    """The sha256 over name, dtype, shape and bytes of every tensor, in the order of the names."""
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name!r} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.contiguous().flatten().view(torch.uint8).numpy().tobytes() if tensor.numel() else b"")
    return digest.hexdigest()


def beside(path: Path) -> Path:
    """Where the hash of a file that carries none is kept."""
    return path.with_name(f"{path.name}.sha256")


def _listed(path: Path) -> str | None:
    try:
        with opened(beside(path)) as file:
            words = file.read(1000).split()
    except FileNotFoundError:
        return None
    return words[0].decode("ascii", "replace") if words else ""
