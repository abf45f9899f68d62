"""A survey: what is measured on the stored network of an experiment, and the file that it leaves."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from robustlib.datasets import load
from robustlib.describe import describe
from robustlib.experiments.checkpoints import load_model
from robustlib.experiments.experiment import Experiment, Measured
from robustlib.experiments.results import (
    checkpoint_path,
    load_result,
    provenance,
    record,
    result_path,
    runs_folder,
    sha256,
    write_result,
)
from robustlib.models.classifier import Classifier


@dataclass(frozen=True)
class Survey:
    """A measurement that trains nothing: attacks on the checkpoint of an experiment, with the same provenance."""

    name: str  # also the folder of its results
    of: Experiment  # whose checkpoint is measured; trained first where it is absent
    evaluate: Callable[[Classifier, Any, int, Path], Measured]  # (model, dataset, n, folder for unfinished work)
    n: int = 1000  # official test images
    seed: int = 0  # of the checkpoint and of the attacks
    worth: float = 1.0


def survey(planned: Survey, *, device: str | torch.device = "cpu", n: int | None = None) -> dict[str, Any]:
    """Measure, and write the result file; work that was interrupted goes on where it stopped.

    Raises: ValueError where only the embedded images are at hand; FileNotFoundError without the checkpoint.
    """
    device = torch.device(device)
    dataset = load(planned.of.dataset, device=device)
    if dataset.source == "embedded":
        raise ValueError(
            f"{planned.name} needs the official test images of {planned.of.dataset}: set ROBUSTLIB_DATA to the folder "
            f"of {planned.of.dataset}.npz, or let it be downloaded"
        )
    path = checkpoint_path(planned.of.name, planned.seed)
    model = load_model(planned.of, planned.seed, device)
    folder = runs_folder() / f"{planned.name}-{sha256(path)[:8]}-{n or planned.n}"
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(planned.seed)
    started = time.monotonic()
    measured = planned.evaluate(model, dataset, n or planned.n, folder)
    result = {
        "experiment": planned.name,
        "seed": planned.seed,
        "model": {"experiment": planned.of.name, "sha256": sha256(path)},
        "data": {"name": dataset.name, "source": dataset.source, "sha256": dataset.sha256},
        "seconds": {"evaluate": round(time.monotonic() - started, 1)},
        "evaluation": describe(planned.evaluate),
        "attacks": describe(measured.attacks),
        "outcomes": {name: record(outcome) for name, outcome in measured.outcomes.items()},
        "facts": measured.facts,
    }
    write_result(planned.name, planned.seed, result | provenance(device))
    return load_result(planned.name, planned.seed)


def surveyed(planned: Survey) -> bool:
    """Whether its result is there and is of the checkpoint that is there now."""
    file, weights = result_path(planned.name, planned.seed), checkpoint_path(planned.of.name, planned.seed)
    if not file.is_file():
        return False
    stored = load_result(planned.name, planned.seed)["model"]["sha256"]
    return not weights.is_file() or stored == sha256(weights)
