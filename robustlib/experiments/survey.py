"""A survey: what is measured on the stored network of an experiment, and the file that it leaves."""

import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tqdm.auto import tqdm

from robustlib.datasets import load
from robustlib.describe import describe
from robustlib.experiments.checkpoints import load_model
from robustlib.experiments.experiment import Experiment, Measured
from robustlib.experiments.provenance import provenance
from robustlib.experiments.results import (
    checkpoint_path,
    claim_path,
    find_result,
    load_result,
    record,
    runs_folder,
    write_result,
)
from robustlib.files import claimed, sha256
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


def survey(
    planned: Survey, *, device: str | torch.device = "cpu", n: int | None = None, again: bool = False
) -> dict[str, Any] | None:
    """Measure, and write the result file; work that was interrupted goes on where it stopped.

    `again` measures anew what is finished. None, with a line that says so, where another worker is at it.
    Raises: ValueError where only the embedded images are at hand, or the checkpoint is damaged or of another result;
    FileNotFoundError without the checkpoint.
    """
    device = torch.device(device)
    dataset = load(planned.of.dataset, device=device)
    if dataset.source == "embedded":
        raise ValueError(
            f"{planned.name} needs the official test images of {planned.of.dataset}: set ROBUSTLIB_DATA to the folder "
            f"of {planned.of.dataset}.npz, or let it be downloaded"
        )
    with claimed(claim_path(planned.name, planned.seed)) as other:
        if other is not None:
            tqdm.write(f"{planned.name} seed {planned.seed}: {other} is at it; left alone", file=sys.stderr)
            return None
        return _measure(planned, dataset, device, n or planned.n, again)


def _measure(planned: Survey, dataset: Any, device: torch.device, n: int, again: bool) -> dict[str, Any]:
    path = checkpoint_path(planned.of.name, planned.seed)
    model = load_model(planned.of, planned.seed, device)
    folder = runs_folder() / f"{planned.name}-{sha256(path)[:8]}-{n}"
    if again and surveyed(planned):
        shutil.rmtree(folder, ignore_errors=True)  # what is there is finished, and would be read instead of measured
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(planned.seed)
    started = time.monotonic()
    measured = planned.evaluate(model, dataset, n, folder)
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
    """Whether its result is there and is of the checkpoint that is there now. Raises: DamagedResult."""
    stored, weights = find_result(planned.name, planned.seed), checkpoint_path(planned.of.name, planned.seed)
    if stored is None:
        return False
    return not weights.is_file() or stored.get("model", {}).get("sha256") == sha256(weights)
