"""Result files: one JSON for each experiment and seed, written by `run`, never edited by hand."""

import base64
import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

import robustlib
from robustlib.datasets import data_folder
from robustlib.evaluation import Outcome, wilson
from robustlib.experiments.renames import in_todays_words
from robustlib.precision import hardware


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

    Raises: FileNotFoundError if it was not run; ValueError if the file is damaged or was edited so that an accuracy
    no longer follows from the examples.
    """
    path = result_path(experiment, seed)
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: not run yet; `python -m robustlib.experiments run {experiment} --seed {seed}`"
        )
    try:
        result = in_todays_words(json.loads(path.read_text()))
        edited = [name for name, outcome in result["outcomes"].items() if not _follows(outcome)]
    except (ValueError, KeyError, TypeError, AttributeError, ZeroDivisionError) as error:
        raise ValueError(f"{path}: not a result file ({error}); delete it and run the experiment again") from error
    if edited:
        raise ValueError(f"{path}: the accuracy of {edited[0]!r} is not that of its examples; the file was edited")
    return result


def find_result(experiment: str, seed: int = 0) -> dict[str, Any] | None:
    """The result of one run, or None where it was not run. Raises: ValueError as `load_result`."""
    return load_result(experiment, seed) if result_path(experiment, seed).is_file() else None


def _follows(outcome: dict[str, Any]) -> bool:
    """Whether the stored accuracy is that of the stored examples; sets the interval anew from them."""
    right = int(unpack(outcome["correct"], outcome["n"]).sum())
    outcome["low"], outcome["high"] = wilson(right, outcome["n"])
    return abs(right / outcome["n"] - outcome["accuracy"]) <= 1e-6


def write_result(experiment: str, seed: int, result: Mapping[str, Any]) -> Path:
    """Write the file whole or not at all; returns its path."""
    path = result_path(experiment, seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(result, indent=1, sort_keys=True) + "\n")
    partial.replace(path)
    return path


def sha256(path: Path) -> str:
    """The hash of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def provenance(device: torch.device) -> dict[str, Any]:
    """Which code, versions and machine produced a number."""
    kind = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    return {
        "commit": _git("rev-parse", "HEAD"),
        "dirty": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "versions": {
            "robustlib": robustlib.__version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
        "device": kind,
        "threads": torch.get_num_threads(),
        "hardware": hardware(device),
    }


def _git(*words: str) -> str | None:
    """What git says of the folder this package is in, or None where there is no repository."""
    folder = Path(__file__).parent
    try:
        done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
