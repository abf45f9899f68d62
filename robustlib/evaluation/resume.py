"""An evaluation that was interrupted goes on: what is written after every batch, and who may read it again."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from robustlib.describe import architecture, describe
from robustlib.files import parsing, read_state, write_state
from robustlib.interfaces import Attack, Images, Labels
from robustlib.precision import settled
from robustlib.source import fingerprint_of


@dataclass
class Unfinished:
    """One attack's outcome so far: what the first `batches` batches left, and where its random numbers stand."""

    correct: Tensor  # (n,) bool, on the CPU as are the others
    linf: Tensor  # (n,)
    l2: Tensor  # (n,)
    seconds: float = 0.0
    batches: int = 0  # done
    random: Tensor | None = None  # state of torch's CPU generator after them; None before the first
    random_cuda: Tensor | None = None  # of the GPU's

    @classmethod
    def of(cls, standing: Tensor, seconds: float = 0.0) -> "Unfinished":
        """Before the first batch: everything `standing` stands, and nothing was moved."""
        zero = torch.zeros(len(standing), dtype=torch.float32)
        return cls(standing.cpu().clone(), zero, zero.clone(), seconds)

    def add(self, rows: Tensor, still: Tensor, delta: Images, seconds: float) -> None:
        """One more batch: which of its `rows` still stand, and how far each was moved."""
        i, delta = rows.cpu(), delta.flatten(1).cpu()
        self.correct[i], self.linf[i], self.l2[i] = still.cpu(), delta.abs().amax(1).float(), delta.norm(dim=1).float()
        self.random = torch.get_rng_state()
        self.random_cuda = torch.cuda.get_rng_state(rows.device) if rows.device.type == "cuda" else None
        self.seconds, self.batches = self.seconds + seconds, self.batches + 1

    def restore_random(self, device: torch.device) -> None:
        """Put the generators where the last batch left them; before the first, leave them as they are."""
        if self.random is not None:
            torch.set_rng_state(self.random)
        if self.random_cuda is not None:
            torch.cuda.set_rng_state(self.random_cuda, device)


def described(value: Any) -> Any:
    """`describe`, also for values that hold networks, such as a source model or a detector: layers, weights and the
    numbers set on them, which their printed form may leave out.

    Raises: TypeError for a value that is not the same in every process (a lambda, a local function).
    """
    if isinstance(value, nn.Module):
        return architecture(value) | {"weights": described(value.state_dict())}
    if is_dataclass(value) and not isinstance(value, type):
        return {"class": type(value).__qualname__} | {f.name: described(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): described(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [described(item) for item in value]
    return describe(value)


def _sha256(value: Any) -> str:
    return hashlib.sha256(json.dumps(described(value)).encode()).hexdigest()


def identity(model: nn.Module, attacks: Mapping[str, Attack], x: Images, y: Labels, **settings: int) -> dict[str, str]:
    """What makes two calls the same: hashes of weights, architecture, data, attacks and the source of what is called,
    and the settings as text.

    Raises: TypeError for an attack without a stable description.
    """
    same = {"model": _sha256(model), "images": _sha256(x), "labels": _sha256(y), "device": x.device.type}
    same |= {"source of model": fingerprint_of(model)}
    same |= {f"attack {name!r}": _sha256(settled(described(attack), x.device)) for name, attack in attacks.items()}
    same |= {f"source of attack {name!r}": fingerprint_of(attack) for name, attack in attacks.items()}
    return same | {"order of attacks": str(list(attacks))} | {name: str(value) for name, value in settings.items()}


def write_rows(path: Path, call: Mapping[str, str], rows: Mapping[str, Unfinished]) -> None:
    """Save all rows at once: a kill during the write leaves the former file."""
    write_state(path, {"call": dict(call), "rows": {name: vars(row) for name, row in rows.items()}})


def read_rows(path: Path, call: Mapping[str, str], n: int) -> dict[str, Unfinished]:
    """The rows of this very call as they were last written; none if there is no file.

    Raises: ValueError if the file is damaged, or belongs to a call with another model, data, attacks or settings.
    """
    what, way_out = "evaluation checkpoint", "delete it to start this evaluation anew, or give this call its own path"
    try:
        state = read_state(path, what, way_out)
    except FileNotFoundError:
        return {}
    with parsing(path, what, way_out):
        there = dict(state["call"])
        rows = {str(name): Unfinished(**row) for name, row in state["rows"].items()}
        whole = all(_fits(row, n) for row in rows.values()) or there != call
    differs = [part for part in {**call, **there} if call.get(part) != there.get(part)]
    if differs:
        raise ValueError(
            f"{path}: belongs to another evaluation; what differs: {', '.join(differs)}. "
            f"A checkpoint serves one model, data set, choice of attacks, seed, batch size and device: {way_out}"
        )
    if not whole:
        raise ValueError(f"{path}: holds outcomes that are not those of {n} images; {way_out}")
    return rows


def _fits(row: Unfinished, n: int) -> bool:
    """Whether a row that was read has the kinds and sizes of one that was written."""
    kinds = ((row.correct, torch.bool), (row.linf, torch.float32), (row.l2, torch.float32))
    return row.batches >= 0 and row.seconds >= 0 and all(t.dtype == d and t.shape == (n,) for t, d in kinds)
