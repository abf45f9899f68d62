"""What has been measured: the rows of every stored result, with the paper's numbers beside them."""

from collections.abc import Collection, Mapping
from typing import Any

from robustlib.experiments import registry
from robustlib.experiments.matching import matches
from robustlib.experiments.measurement import Measurement
from robustlib.experiments.printed import Reported, for_files, join, papers
from robustlib.experiments.results import find_result, load_result, result_path
from robustlib.experiments.rows import Row, read


def stored_rows(
    network: str | Collection[str] | None = None, kind: str | Collection[str] | None = None, seed: int | None = None
) -> list[Row]:
    """The rows of the measurements that are there: of these networks, of these kinds, of this seed; None is all.

    Raises: ValueError for a file that is damaged or of a later schema.
    """
    found: list[Row] = []
    for measurement in registry.measurements().values():
        if _among(measurement.of, network) and _among(measurement.kind, kind):
            for k in measurement.seeds if seed is None else (seed,):
                if (result := _state(measurement.name, k)) is not None:
                    found += _rows(measurement, k, result, _state(measurement.of, k))
    return found


def training(network: str, seed: int = 0) -> dict[str, Any] | None:
    """The record of a network's training: history, schedule, data, checkpoint; None where it was not trained."""
    return find_result(network, seed)


def _among(value: str, wanted: str | Collection[str] | None) -> bool:
    return wanted is None or value == wanted or (not isinstance(wanted, str) and value in wanted)


def _state(name: str, seed: int) -> tuple[str, int, int, int] | None:
    """A result file as it is on disk now: the rows of one that has not changed are not read again."""
    path = result_path(name, seed)
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return str(path), found.st_ino, found.st_mtime_ns, found.st_size


def beside(columns: Mapping[str, Any]) -> list[Reported]:
    """The printed numbers that may belong beside rows of a file that says these columns once."""
    groups = [group for paper in papers() for group in for_files(paper)]
    return [
        n
        for of, numbers in groups
        if all(matches(columns[k], v) for k, v in of.items() if k in columns)
        for n in numbers
    ]


OF_A_NETWORK = ("network", "measurement", "dataset", "model", "training")
_READ: dict[tuple[str, int], tuple[Any, tuple[Row, ...]]] = {}  # (name, seed) -> from which files, and the rows


def _rows(measurement: Measurement, seed: int, *states: Any) -> tuple[Row, ...]:
    """The rows of one measurement, with what the files say once and with the paper's numbers."""
    key, of = (measurement.name, seed), registry.experiment(measurement.of)
    said = of.name, measurement.kind, of.dataset, of.architecture, of.training
    if key not in _READ or _READ[key][0] != (states, said):
        columns: dict[str, Any] = dict(zip(OF_A_NETWORK, said, strict=True))
        trained = training(of.name, seed) or {}
        columns |= {k: v for k, v in trained.get("schedule", {}).items() if k in ("epochs", "paper_epochs")}
        columns |= {"seed": seed, "device": trained.get("device", "")}
        rows = [read(record, **columns) for record in load_result(measurement.name, seed)["rows"]]
        _READ[key] = (states, said), tuple(join(rows, beside(columns)))
    return _READ[key][1]
