"""Result files: one JSON for each training or measurement and seed, written by `run`, never edited by hand."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from robustlib.datasets import data_folder
from robustlib.experiments.renames import in_todays_words
from robustlib.experiments.rows import read, unpack
from robustlib.files import parsing, read_json, write_json

SCHEMA = 2
WHAT, WAY_OUT = "result file", "put a whole copy back, or delete it and run it again"


class DamagedResult(ValueError):
    """A result that cannot be read, or is not of the weights beside it. The text names it, with the way out."""


def results_folder() -> Path:
    """Where result files are: data/results, or $ROBUSTLIB_RESULTS."""
    return Path(os.environ.get("ROBUSTLIB_RESULTS") or data_folder() / "results")


def checkpoints_folder() -> Path:
    """Where checkpoints are: data/checkpoints, or $ROBUSTLIB_CHECKPOINTS."""
    return Path(os.environ.get("ROBUSTLIB_CHECKPOINTS") or data_folder() / "checkpoints")


def runs_folder() -> Path:
    """Where unfinished runs keep their state: data/runs (not part of the repository), or $ROBUSTLIB_RUNS."""
    return Path(os.environ.get("ROBUSTLIB_RUNS") or checkpoints_folder().parent / "runs")


def result_path(name: str, seed: int) -> Path:
    """The result file of one experiment or measurement, and seed."""
    return results_folder() / name / f"seed{seed}.json"


def checkpoint_path(experiment: str, seed: int) -> Path:
    """The checkpoint of one experiment and seed."""
    return checkpoints_folder() / experiment / f"seed{seed}.safetensors"


def claim_path(name: str, seed: int) -> Path:
    """The file by which a worker says that it is at this experiment or measurement."""
    return runs_folder() / f"{name}-seed{seed}.claim"


def load_result(name: str, seed: int = 0) -> dict[str, Any]:
    """What one training or measurement left.

    Raises: FileNotFoundError if it was not run; DamagedResult, a ValueError, if the file is damaged, of a later schema,
    of another run, or was edited, so that an accuracy no longer follows from the images.
    """
    path = result_path(name, seed)
    try:
        result = read_json(path, WHAT, WAY_OUT)
        with parsing(path, WHAT, WAY_OUT):
            _check_schema(result)
            result = in_todays_words(result)
            _check_kind(result, name, seed)
            for record in result.get("rows", []):
                _check_row(record)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{path}: not run yet; `python -m robustlib run {name} --seed {seed}`") from error
    except ValueError as error:
        raise DamagedResult(str(error)) from error
    return result


def find_result(name: str, seed: int = 0) -> dict[str, Any] | None:
    """What one training or measurement left, or None where it was not run. Raises: DamagedResult as `load_result`."""
    try:
        return load_result(name, seed)
    except FileNotFoundError:
        return None


def write_result(name: str, seed: int, result: Mapping[str, Any]) -> Path:
    """Write the file whole or not at all, with the hash of its content; returns its path."""
    path = result_path(name, seed)
    write_json(path, {"schema": SCHEMA, "name": name, "seed": seed, **result})
    return path


def _check_schema(result: dict[str, Any]) -> None:
    """Raises: ValueError for a result of a later schema, or of the first, which had no rows."""
    found = result.get("schema", 1)
    if found != SCHEMA:
        way_out = "update robustlib" if isinstance(found, int) and found > SCHEMA else "run it again"
        raise ValueError(f"it is of schema {found}, this library reads schema {SCHEMA}: {way_out}")


def _check_kind(result: dict[str, Any], name: str, seed: int) -> None:
    """Raises: LookupError or TypeError unless it is of this run, and says so in the right types."""
    if (result["name"], result["seed"]) != (name, seed):
        raise LookupError(f"it is the result of {result['name']}, seed {result['seed']}")
    wanted = {"training": ("schedule", "history", "checkpoint"), "measurement": ("of", "weights", "n", "rows")}
    for key in (*wanted[result["kind"]], "code", "versions", "device"):
        if key not in result:
            raise LookupError(f"no {key} in it, as a result of a {result['kind']} has")
    if result["kind"] == "training" and not isinstance(result["schedule"]["epochs"], int):
        raise TypeError(f"its epochs are {result['schedule']['epochs']!r}")


def _check_row(record: Mapping[str, Any]) -> None:
    """Raises: ValueError for a row that is none, or whose accuracy is not that of its images."""
    row = read(record)
    if row.bits and row.n and row.value is not None:
        right = int(unpack(row.bits, row.n).sum())
        if abs(right / row.n - row.value) > 1e-6:
            raise ValueError(f"the {row.said} is not that of its images; it was edited")
