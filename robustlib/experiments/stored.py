"""What has been measured: the rows of every stored result, with the paper's numbers beside them."""

from collections.abc import Collection
from functools import lru_cache
from typing import Any

from robustlib.experiments import registry
from robustlib.experiments.printed import join, papers, reported
from robustlib.experiments.results import find_result, result_path
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
                path = result_path(measurement.name, k)
                if path.is_file():
                    found += _rows(measurement.name, k, path.stat().st_mtime_ns)
    return found


def training(network: str, seed: int = 0) -> dict[str, Any] | None:
    """The record of a network's training: history, schedule, data, checkpoint; None where it was not trained."""
    return find_result(network, seed)


def _among(value: str, wanted: str | Collection[str] | None) -> bool:
    return wanted is None or value == wanted or (not isinstance(wanted, str) and value in wanted)


@lru_cache(maxsize=512)
def _rows(name: str, seed: int, changed: int) -> tuple[Row, ...]:
    """The rows of one file, which is read again only where it has changed."""
    result, measurement = find_result(name, seed), registry.measurement(name)
    of = registry.experiment(measurement.of)
    network = {"network": of.name, "dataset": of.dataset, "model": of.architecture, "training": of.training}
    trained = training(of.name, seed)
    schedule = {k: trained["schedule"][k] for k in ("epochs", "paper_epochs")} if trained else {}
    device = {"device": trained["device"]} if trained else {}
    columns = network | schedule | device | {"measurement": measurement.kind, "seed": seed}
    rows = [read(record, **columns) for record in (result or {"rows": []})["rows"]]
    return tuple(join(rows, [number for paper in papers() for number in reported(paper)]))
