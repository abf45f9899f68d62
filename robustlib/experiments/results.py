"""Result files: one JSON for each experiment and seed, written by `run`, never edited by hand."""

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from robustlib.datasets import data_folder
from robustlib.evaluation import Outcome, wilson
from robustlib.experiments.renames import in_todays_words
from robustlib.files import parsing, read_json, write_json


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


def result_path(experiment: str, seed: int) -> Path:
    """The result file of one experiment and seed."""
    return results_folder() / experiment / f"seed{seed}.json"


def checkpoint_path(experiment: str, seed: int) -> Path:
    """The checkpoint of one experiment and seed."""
    return checkpoints_folder() / experiment / f"seed{seed}.safetensors"


def claim_path(name: str, seed: int) -> Path:
    """The file by which a worker says that it is at this experiment or survey."""
    return runs_folder() / f"{name}-seed{seed}.claim"


def pack(bits: torch.Tensor) -> str:
    """Booleans as base64 text, eight to a byte."""
    return base64.b64encode(np.packbits(bits.cpu().numpy()).tobytes()).decode()


def unpack(text: str, n: int) -> torch.Tensor:
    """The n booleans of `pack`."""
    return torch.from_numpy(np.unpackbits(np.frombuffer(base64.b64decode(text), np.uint8), count=n).astype(bool))


def record(outcome: Outcome) -> dict[str, Any]:
    """An outcome as plain data, example by example."""
    low, high = outcome.interval
    return {
        "n": outcome.n,
        "accuracy": outcome.accuracy,
        "low": low,
        "high": high,
        "correct": pack(outcome.correct),
        "largest_linf": round(outcome.linf.max().item(), 6),
        "mean_l2": round(outcome.l2.mean().item(), 4),
        "seconds": round(outcome.seconds, 1),
    }


def load_result(experiment: str, seed: int = 0) -> dict[str, Any]:
    """The result of one run.

    Raises: FileNotFoundError if it was not run; DamagedResult, a ValueError, if the file is damaged, of another run, or
    was edited, so that an accuracy no longer follows from the examples.
    """
    path = result_path(experiment, seed)
    what, way_out = "result file", "put a whole copy back, or delete it and run the experiment again"
    try:
        result = read_json(path, what, way_out)
        with parsing(path, what, way_out):
            result = in_todays_words(result)
            edited = [name for name, outcome in result["outcomes"].items() if not _follows(outcome)]
            _check_kind(result, experiment, seed)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{path}: not run yet; `python -m robustlib.experiments run {experiment} --seed {seed}`"
        ) from error
    except ValueError as error:
        raise DamagedResult(str(error)) from error
    if edited:
        raise DamagedResult(
            f"{path}: the accuracy of {edited[0]!r} is not that of its examples; it was edited; {way_out}"
        )
    return result


def _check_kind(result: dict[str, Any], experiment: str, seed: int) -> None:
    """Raises: LookupError or TypeError unless it is of this run, and says so in the right types."""
    of = result.get("experiment", experiment), result.get("seed", seed)
    if of != (experiment, seed):
        raise LookupError(f"it is the result of {of[0]}, seed {of[1]}")
    if "schedule" in result and not isinstance(result["schedule"]["epochs"], int):
        raise TypeError(f"its epochs are {result['schedule']['epochs']!r}")
    if "model" in result and not isinstance(result["model"]["sha256"], str):
        raise TypeError(f"the hash of its weights is {result['model']['sha256']!r}")


def trained_epochs(result: dict[str, Any]) -> int:
    """How many epochs the network of an experiment's result was trained.

    Raises: DamagedResult if it has no schedule.
    """
    if "schedule" not in result:
        path = result_path(result.get("experiment", "?"), result.get("seed", 0))
        raise DamagedResult(f"{path}: no schedule in it, as an experiment's result has; delete it and run again")
    return int(result["schedule"]["epochs"])


def find_result(experiment: str, seed: int = 0) -> dict[str, Any] | None:
    """The result of one run, or None where it was not run. Raises: DamagedResult as `load_result`."""
    try:
        return load_result(experiment, seed)
    except FileNotFoundError:
        return None


def _follows(outcome: dict[str, Any]) -> bool:
    """Whether the stored accuracy is that of the stored examples; sets the interval anew from them."""
    right = int(unpack(outcome["correct"], outcome["n"]).sum())
    outcome["low"], outcome["high"] = wilson(right, outcome["n"])
    return abs(right / outcome["n"] - outcome["accuracy"]) <= 1e-6


def write_result(experiment: str, seed: int, result: Mapping[str, Any]) -> Path:
    """Write the file whole or not at all, with the hash of its content; returns its path."""
    path = result_path(experiment, seed)
    write_json(path, result)
    return path
