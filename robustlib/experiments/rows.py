"""Results as rows: one flat record for each measured cell, found by its columns and never by taking a name apart."""

import base64
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from robustlib.evaluation import Outcome
from robustlib.experiments.matching import among, matches

OF_THE_FILE = ("network", "measurement", "seed", "dataset", "model", "training", "epochs", "paper_epochs", "device")


@dataclass(frozen=True)
class Row:
    """What was measured, on what, and how it came out. A share lies in [0, 1]; None where nothing could be measured.

    The last columns say the same of every row of a file, and are filled in when it is read; `reported`, the paper's
    number in the unit of `value`, comes from the printed tables.
    Raises: ValueError for an interval that does not hold the value, a share outside [0, 1], and what is not finite.
    """

    metric: str  # "accuracy", "AUC", "zero gradients", "distortion", "seconds", ...
    value: float | None
    n: int | None = None  # images that the value rests on
    low: float | None = None
    high: float | None = None
    defense: str = ""  # how an image is read or refused: a detector, a head; "" the network as trained
    attack: str = ""  # "" clean images
    norm: str = ""  # "Linf", "L2"
    eps: float | None = None  # radius, pixel units of [0, 1]
    steps: int | None = None
    restarts: int | None = None
    source: str = ""  # the network that the attack was made on, where it is another
    images: str = ""  # which images, where not simply the first n
    false_positives: float | None = None  # share of clean images that a threshold was chosen to reject
    bits: str = ""  # what became of each image, as `pack` writes it
    largest_linf: float | None = None  # how far the images were moved
    mean_l2: float | None = None
    seconds: float | None = None
    draws: int | None = None  # of a model that draws random numbers
    series: Mapping[str, Any] = field(default_factory=dict)  # what is no single number: curves, pictures, draws
    reported: float | None = None
    network: str = ""  # the experiment that trained it
    measurement: str = ""
    seed: int | None = None
    dataset: str = ""
    model: str = ""  # its architecture
    training: str = ""
    epochs: int | None = None
    paper_epochs: int | None = None
    device: str = ""

    def __post_init__(self) -> None:
        if (self.low is None) != (self.high is None):
            raise ValueError(f"an interval has two ends, got low={self.low}, high={self.high} of {self.said}")
        there = [v for v in (self.low, self.value, self.high) if v is not None]
        if not all(map(math.isfinite, there)):
            raise ValueError(f"{self.said} must be finite, or None where nothing was measured, got {there}")
        hair = 1e-9 * max(1.0, *map(abs, there), 0.0)
        if any(a > b + hair for a, b in pairwise(there)):
            raise ValueError(f"{self.value} of {self.said} is outside its interval [{self.low}, {self.high}]")
        if self.metric in SHARES and not all(-hair <= v <= 1 + hair for v in there):
            raise ValueError(f"{self.said} is a share and must lie in [0, 1], got {there}")

    @property
    def said(self) -> str:
        """Which row this is, for an error."""
        eps = "" if self.eps is None else f" at {self.eps:g}"
        return " ".join(filter(None, (self.metric, self.attack + eps, self.defense, self.images, self.network)))


_SHARES = "accuracy|AUC|zero gradients|detected|undetected|detection rate|false positive rate|transfer rate"
SHARES = (*_SHARES.split("|"), "tuples in wrong order", "bound holds", "agreement", "to the nearest centre")
NAMES = tuple(f.name for f in fields(Row))
TEXTS = tuple(f.name for f in fields(Row) if f.type is str)


def accuracy_row(outcome: Outcome, **columns: Any) -> Row:
    """The accuracy of an outcome, with the fate of each image."""
    low, high = outcome.interval
    moved = {"largest_linf": round(outcome.linf.max().item(), 6), "mean_l2": round(outcome.l2.mean().item(), 4)}
    found: dict[str, Any] = {"n": outcome.n, "low": low, "high": high, "bits": pack(outcome.correct), **moved}
    found |= {"seconds": round(outcome.seconds, 1), "draws": outcome.draws or None}
    return Row("accuracy", outcome.accuracy, **found | columns)


def select(rows: Iterable[Row], **columns: Any) -> list[Row]:
    """The rows whose columns are these, in their order; a tuple, list or set is any of its values. Raises: ValueError
    for an unknown column.
    """
    unknown = sorted(set(columns) - set(NAMES))
    if unknown:
        raise ValueError(f"no column {unknown[0]!r}; a row has {', '.join(NAMES)}")
    texts = {name: among(wanted) for name, wanted in columns.items() if name in TEXTS}  # equal or not: no tolerance
    found = [row for row in rows if all(getattr(row, name) in wanted for name, wanted in texts.items())]
    rest = {name: wanted for name, wanted in columns.items() if name not in TEXTS}
    return [row for row in found if all(matches(getattr(row, name), wanted) for name, wanted in rest.items())]


def one(rows: Iterable[Row], **columns: Any) -> Row:
    """The only row whose columns are these. Raises: LookupError unless there is exactly one; ValueError as `select`."""
    found = select(rows, **columns)
    if len(found) != 1:
        raise LookupError(f"{len(found)} rows have {columns}, one is wanted{': ' if found else ''}{found[:2] or ''}")
    return found[0]


def maybe(rows: Iterable[Row], **columns: Any) -> Row | None:
    """The same, or None where there is none. Raises: LookupError for several; ValueError as `select`."""
    found = select(rows, **columns)
    return one(found) if found else None


def written(row: Row) -> dict[str, Any]:
    """A row as JSON has it: without what is absent, and without what the whole file says once."""
    values = {k: getattr(row, k) for k in NAMES if k not in (*OF_THE_FILE, "reported")}
    return {k: v for k, v in values.items() if v not in (None, "", {})} | {"value": row.value}


def read(record: Mapping[str, Any], **of_the_file: Any) -> Row:
    """The row of such a record. Raises: ValueError for an unknown column, and as `Row`."""
    if unknown := sorted(set(record) - set(NAMES)):
        raise ValueError(f"a row has no column {unknown[0]!r}")
    return Row(**{**record, **of_the_file})


def pack(bits: torch.Tensor) -> str:
    """Booleans as base64 text, eight to a byte."""
    return base64.b64encode(np.packbits(bits.cpu().numpy()).tobytes()).decode()


def unpack(text: str, n: int) -> torch.Tensor:
    """The n booleans of `pack`."""
    return torch.from_numpy(np.unpackbits(np.frombuffer(base64.b64decode(text), np.uint8), count=n).astype(bool))


def renamed(rows: Iterable[Row], **columns: Any) -> list[Row]:
    """The rows with other values in some columns."""
    return [replace(row, **columns) for row in rows]
