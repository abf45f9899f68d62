"""Run an experiment or a measurement: from its stored result where that will do, never twice at once."""

import math
import shutil
import sys
import time
from typing import Any

import torch
from tqdm.auto import tqdm

from robustlib.datasets import load
from robustlib.describe import describe
from robustlib.experiments import registry
from robustlib.experiments.checkpoints import load_model
from robustlib.experiments.experiment import Experiment
from robustlib.experiments.measurement import Measurement, Subject
from robustlib.experiments.plan import before, shortfalls
from robustlib.experiments.provenance import code_of, provenance
from robustlib.experiments.results import (
    checkpoint_path,
    claim_path,
    find_result,
    load_result,
    runs_folder,
    write_result,
)
from robustlib.experiments.rows import written
from robustlib.experiments.training_run import train
from robustlib.files import check_notes, claimed, sha256


def run(
    what: str | Experiment | Measurement,
    seed: int = 0,
    *,
    device: str | torch.device = "cpu",
    epochs: int | None = None,
    n: int | None = None,
    time_budget: float = math.inf,
    progress: bool = True,
    again: bool = False,
) -> dict[str, Any] | None:
    """The result of an experiment or a measurement, from its file where that will do, otherwise from a new run.

    `epochs` None means the paper's schedule on a GPU and the affordable one on a CPU, `n` None the planned test images.
    A training that the time budget (seconds) ends early is saved, and goes on when called again; it returns None, and
    so does a run that another worker is at, with a line that says so. A measurement is begun within the budget, and
    then finished. `again` trains or measures anew. A result of other weights than are there, or of code that has
    changed since, is made anew too; so is a measurement whose weights are gone, after training them.

    Raises: ValueError where only the embedded images are at hand, or the result file is damaged; LookupError for a name
    that no chapter has.
    """
    options: dict[str, Any] = {"epochs": epochs, "n": n, "time_budget": time_budget}
    found = attempt(what, seed, torch.device(device), **options, progress=progress, again=again)
    if isinstance(found, str):
        if progress:
            tqdm.write(found, file=sys.stderr)
        return None
    return found


def attempt(
    what: str | Experiment | Measurement,
    seed: int,
    device: torch.device,
    *,
    epochs: int | None = None,
    n: int | None = None,
    time_budget: float = math.inf,
    progress: bool = True,
    again: bool = False,
) -> dict[str, Any] | str:
    """As `run`, but where there is no result the sentence why."""
    what = registry.planned(what) if isinstance(what, str) else what
    named, until = f"{what.name} seed {seed}", time.monotonic() + time_budget
    if not again and (stored := usable(what, seed, device, epochs, n)) is not None:
        return stored
    dataset = load((what if isinstance(what, Experiment) else registry.experiment(what.of)).dataset, device=device)
    if dataset.source == "embedded":
        raise ValueError(
            f"{what.name} needs all of {dataset.name}, here are {len(dataset.train)} embedded images: "
            f"set ROBUSTLIB_DATA to the folder of {dataset.name}.npz, or let it be downloaded"
        )
    with claimed(claim_path(what.name, seed)) as other:
        if other is not None:
            return f"{named}: {other} is at it; left alone"
        if not again and (stored := usable(what, seed, device, epochs, n)) is not None:
            return stored  # made in the meantime
        for name in before(what):
            if not checkpoint_path(name, seed).is_file():
                left = until - time.monotonic()
                first = attempt(name, seed, device, time_budget=left, progress=progress, again=True)
                if isinstance(first, str):
                    return f"{named}: needs {first}"
        left = until - time.monotonic()
        if isinstance(what, Experiment):
            epochs = planned_epochs(what, device) if epochs is None else epochs
            return train(what, seed, dataset, device, epochs, left, progress, again)
        if left <= 0:
            return f"{named}: the time budget is spent; call again to go on"
        return measure(what, seed, dataset, device, n or what.n)


def measure(planned: Measurement, seed: int, dataset: Any, device: torch.device, n: int) -> dict[str, Any]:
    """Measure, and write the rows; work that was interrupted goes on where it stopped, and is deleted at the end."""
    weights = {name: sha256(checkpoint_path(name, seed)) for name in before(planned)}
    model = load_model(planned.of, seed, device)
    folder = runs_folder() / f"{planned.name}-seed{seed}-{weights[planned.of][:8]}-{n}"
    folder.mkdir(parents=True, exist_ok=True)
    check_notes(folder, "call.json")
    torch.manual_seed(seed)
    started = time.monotonic()
    found = planned.evaluate(Subject(model, dataset, n, folder, seed, planned.of))
    record = {
        "kind": "measurement",
        "of": planned.of,
        "weights": weights[planned.of],
        "needs": {name: weights[name] for name in planned.needs},
        "n": n,
        "code": code_of(planned.evaluate),
        "data": {"name": dataset.name, "source": dataset.source, "sha256": dataset.sha256},
        "seconds": {"evaluate": round(time.monotonic() - started, 1)},
        "evaluation": describe(planned.evaluate),
        "attacks": describe(found.attacks),
        "rows": [written(row) for row in found.rows],
    }
    write_result(planned.name, seed, record | provenance(device))
    shutil.rmtree(folder, ignore_errors=True)  # otherwise measured again would be read again
    return load_result(planned.name, seed)


def usable(
    what: Experiment | Measurement, seed: int, device: torch.device, epochs: int | None = None, n: int | None = None
) -> dict[str, Any] | None:
    """The stored result, if nothing is wrong with it for so many epochs or images. Raises: DamagedResult as
    `load_result`.
    """
    stored = find_result(what.name, seed)
    if epochs is None and isinstance(what, Experiment):
        epochs = planned_epochs(what, device)
    return None if stored is None or any(shortfalls(what, seed, stored, epochs=epochs, n=n)) else stored


def planned_epochs(experiment: Experiment, device: torch.device) -> int:
    """The paper's schedule on a GPU, the affordable one on a CPU."""
    if device.type == "cpu" and experiment.affordable is not None:
        return experiment.affordable
    return experiment.epochs
