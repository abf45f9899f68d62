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
from robustlib.experiments.checkpoints import load_model, unpaired
from robustlib.experiments.experiment import Experiment
from robustlib.experiments.measurement import Measurement, Subject
from robustlib.experiments.provenance import provenance
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
from robustlib.files import claimed, sha256
from robustlib.source import fingerprint_of


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

    `epochs` None means the paper's schedule on a GPU and the affordable one on a CPU. A run that the time budget
    (seconds) ends early is saved, and goes on when called again; it returns None, and so does one that another worker
    is at, with a line that says so. `again` trains or measures anew. A result of another checkpoint than the one that
    is there, as a crash between the two leaves it, is made anew too.

    Raises: ValueError where only the embedded images are at hand, or the result file is damaged; LookupError for a name
    that no chapter has.
    """
    options = {"epochs": epochs, "n": n, "time_budget": time_budget, "progress": progress, "again": again}
    found = attempt(what, seed, torch.device(device), **options)
    if isinstance(found, str):
        if progress:
            tqdm.write(found, file=sys.stderr)
        return None
    return found


def attempt(
    what: str | Experiment | Measurement, seed: int, device: torch.device, **options: Any
) -> dict[str, Any] | str:
    """As `run`, but where there is no result the sentence why."""
    if isinstance(what, str):
        known: dict[str, Experiment | Measurement] = {**registry.measurements(), **registry.experiments()}
        what = known[what] if what in known else registry.experiment(what)
    dataset_name = what.dataset if isinstance(what, Experiment) else registry.experiment(what.of).dataset
    if not options.get("again") and (stored := usable(what, seed, device, options.get("epochs"))) is not None:
        return stored
    dataset = load(dataset_name, device=device)
    if dataset.source == "embedded":
        raise ValueError(
            f"{what.name} needs all of {dataset_name}, here are {len(dataset.train)} embedded images: "
            f"set ROBUSTLIB_DATA to the folder of {dataset_name}.npz, or let it be downloaded"
        )
    with claimed(claim_path(what.name, seed)) as other:
        if other is not None:
            return f"{what.name} seed {seed}: {other} is at it; left alone"
        if not options.get("again") and (stored := usable(what, seed, device, options.get("epochs"))) is not None:
            return stored  # made in the meantime
        began = time.monotonic()
        for network in before(what):
            if not checkpoint_path(network, seed).is_file():
                kept = {k: options[k] for k in ("time_budget", "progress") if k in options}
                first = attempt(registry.experiment(network), seed, device, **kept, again=True)
                if isinstance(first, str):
                    return f"{what.name} seed {seed}: needs {first}"
        if isinstance(what, Measurement):
            return measure(what, seed, dataset, device, options.get("n"), bool(options.get("again")))
        left = options.get("time_budget", math.inf) - (time.monotonic() - began)
        epochs = options.get("epochs") or planned_epochs(what, device)
        return train(
            what, seed, dataset, device, epochs, left, options.get("progress", True), bool(options.get("again"))
        )


def before(what: Experiment | Measurement) -> tuple[str, ...]:
    """The experiments whose weights have to be there first."""
    if isinstance(what, Measurement):
        return (what.of, *what.needs)
    return () if what.start is None else (what.start.name,)


def measure(
    planned: Measurement, seed: int, dataset: Any, device: torch.device, n: int | None, again: bool = False
) -> dict[str, Any]:
    """Measure, and write the rows; work that was interrupted goes on where it stopped."""
    path, n = checkpoint_path(planned.of, seed), n or planned.n
    model = load_model(planned.of, seed, device)
    folder = runs_folder() / f"{planned.name}-{sha256(path)[:8]}-{n}"
    if again and usable(planned, seed, device) is not None:
        shutil.rmtree(folder, ignore_errors=True)  # what is there is finished, and would be read instead of measured
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    started = time.monotonic()
    found = planned.evaluate(Subject(model, dataset, n, folder, seed, planned.of))
    record = {
        "kind": "measurement",
        "of": planned.of,
        "weights": sha256(path),
        "n": n,
        "code": fingerprint_of(planned.evaluate),
        "data": {"name": dataset.name, "source": dataset.source, "sha256": dataset.sha256},
        "seconds": {"evaluate": round(time.monotonic() - started, 1)},
        "evaluation": describe(planned.evaluate),
        "attacks": describe(found.attacks),
        "rows": [written(row) for row in found.rows],
    }
    write_result(planned.name, seed, record | provenance(device))
    return load_result(planned.name, seed)


def usable(
    what: Experiment | Measurement, seed: int, device: torch.device, epochs: int | None = None
) -> dict[str, Any] | None:
    """The stored result if it is of this schedule or a longer one and of the checkpoint that is there, if one is.

    Raises: DamagedResult as `load_result`.
    """
    stored = find_result(what.name, seed)
    if stored is None:
        return None
    if isinstance(what, Measurement):
        weights = checkpoint_path(what.of, seed)
        return stored if not weights.is_file() or stored["weights"] == sha256(weights) else None
    short = stored["schedule"]["epochs"] < (planned_epochs(what, device) if epochs is None else epochs)
    return None if short or unpaired(what.name, seed, stored) else stored


def planned_epochs(experiment: Experiment, device: torch.device) -> int:
    """The paper's schedule on a GPU, the affordable one on a CPU."""
    if device.type == "cpu" and experiment.affordable is not None:
        return experiment.affordable
    return experiment.epochs
