"""Every kind of file the library writes: how to write a small one, and how to read it back as comparable data."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from robustlib.attacks import FGSM
from robustlib.datasets import Batches, Split
from robustlib.datasets.archive import read_archive, write_archive
from robustlib.datasets.forms import Form
from robustlib.detectors import KernelDensity, fingerprint
from robustlib.evaluation.card.bench import Bench, Settings
from robustlib.evaluation.report_card import keep_in
from robustlib.evaluation.resume import Unfinished, read_rows, write_rows
from robustlib.experiments.results import load_result, write_result
from robustlib.files import read_json, read_state, read_table, read_tensors, write_bytes, write_json, write_state
from robustlib.files import write_tensors as write_named
from robustlib.geometry import Linf
from robustlib.models import Classifier, load_weights, save_weights
from robustlib.objectives import CrossEntropy
from robustlib.training import Adam, fit

FORM = Form("grey", (1, 4, 5), ("a", "b", "c"), (6, 3))
WAY_OUT = "make it anew"


@dataclass(frozen=True)
class Kind:
    """One kind of file. `read` gives what can be compared by ==."""

    write: Callable[[Path], Any]
    read: Callable[[Path], Any]
    name: str = "file"


def plain(value: Any) -> Any:
    """Tensors and modules as lists, so that == compares them."""
    if isinstance(value, nn.Module):
        return plain(dict(value.state_dict()))
    if isinstance(value, torch.Tensor | np.ndarray):
        return str(value.dtype), tuple(value.shape), value.tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def network(width: int = 3) -> Classifier:
    """A few weights, the same every time."""
    torch.manual_seed(0)
    return Classifier(nn.Sequential(nn.Flatten(), nn.Linear(20, width), nn.ReLU()), nn.Linear(width, 3))


def images() -> Split:
    """Six images."""
    draw = torch.Generator().manual_seed(0)
    return Split(torch.randint(256, (6, 1, 4, 5), generator=draw, dtype=torch.uint8), torch.arange(6) % 3, "six")


def trained(path: Path) -> Any:
    """Two passes over the images; finished ones are read."""
    model = network()
    loader = Batches(3)(images())
    history = fit(model, loader, CrossEntropy(), optimizer=Adam(), epochs=2, checkpoint=path, progress=False)
    return plain(model), history.terms


def arrays() -> dict[str, np.ndarray]:
    """The arrays of an archive of that form."""
    draw = np.random.default_rng(0)
    return {
        "x_train": draw.integers(256, size=(6, 4, 5), dtype=np.uint8),
        "y_train": np.arange(6, dtype=np.uint8) % 3,
        "x_test": draw.integers(256, size=(3, 4, 5), dtype=np.uint8),
        "y_test": np.arange(3, dtype=np.uint8),
    }


def rows() -> dict[str, Unfinished]:
    """Outcomes of an evaluation of five images."""
    row = Unfinished.of(torch.tensor([True, False, True, True, False]), 1.5)
    row.linf, row.batches, row.random = torch.linspace(0, 1, 5), 2, torch.get_rng_state()[:40]
    return {"clean": row}


def density() -> KernelDensity:
    """A density of a few centres."""
    model = network()
    z = torch.linspace(0, 1, 12).reshape(4, 3)
    return KernelDensity(model, z, torch.tensor([0, 1, 2, 0]), 0.5, fingerprint(model))


def loaded_density(path: Path) -> Any:
    """What a stored density holds."""
    found = KernelDensity.load(path, network())
    return plain([found.centres, found.label]), found.gamma


def archived(path: Path) -> Any:
    """What a stored archive holds."""
    return [plain([part.x, part.y]) for part in read_archive(path, FORM)]


def result(path: Path) -> Any:
    """A result, which lies where $ROBUSTLIB_RESULTS says."""
    return load_result(path.parent.name, 0)


def evaluated(path: Path) -> Any:
    """What a stored evaluation holds."""
    return plain(vars(read_rows(path, {"a": "b"}, 5)["clean"]))


def bench() -> Bench:
    """A card's measurements: one, of five images."""
    x, y, attacks = torch.full((5, 1, 2, 2), 0.5), torch.zeros(5, dtype=torch.int64), {"FGSM": FGSM(0.1)}
    return Bench(network(), x, y, attacks, 0.1, Settings(Linf()))


def measured(path: Path) -> None:
    """A card that has been begun."""
    card = bench()
    keep_in(card, path)
    card.known["clean"] = {"right": torch.tensor([True, False, True, True, True]), "passes": 5}
    card.save()


def remembered(path: Path) -> Any:
    """What it has measured; unlike the card itself, which begins anew where there is no file, this misses it."""
    path.stat()
    card = bench()
    keep_in(card, path)
    return plain(card.known)


STATE = {"weights": torch.linspace(0, 1, 30), "step": 3, "name": "run"}
TENSORS = {"a": torch.linspace(0, 1, 30).half(), "b": torch.arange(5), "c": torch.tensor([True, False])}
OBJECT: dict[str, Any] = {"kind": "training", "schedule": {"epochs": 2}, "history": {}, "checkpoint": {}, "code": ""}
OBJECT |= {"versions": {}, "device": "CPU", "number": 0.125, "list": [1, 2, 3], "text": "ä"}
TABLE = "training,attack,value\nSoftmax,FGSM,26.5\nOurs,PGD,81.25\n"

KINDS = {
    "state": Kind(lambda p: write_state(p, STATE), lambda p: plain(read_state(p, "state", WAY_OUT))),
    "tensors": Kind(lambda p: write_named(p, TENSORS), lambda p: plain(read_tensors(p, "tensors", WAY_OUT))),
    "object": Kind(lambda p: write_json(p, OBJECT), lambda p: read_json(p, "object", WAY_OUT)),
    "result": Kind(lambda p: write_result(p.parent.name, 0, OBJECT), result, "results/toy/seed0.json"),
    "training": Kind(trained, trained),
    "evaluation": Kind(lambda p: write_rows(p, {"a": "b"}, rows()), evaluated),
    "report card": Kind(measured, remembered),
    "weights": Kind(lambda p: save_weights(network(), p), lambda p: plain(load_weights(network(), p))),
    "density": Kind(lambda p: density().save(p), loaded_density),
    "archive": Kind(lambda p: write_archive(p, FORM, arrays()), archived),
}  # fmt: skip
TABLES = Kind(lambda p: write_bytes(p, TABLE.encode()), lambda p: read_table(p, "table", WAY_OUT))
