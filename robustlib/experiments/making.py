"""One run of an experiment: train, save the checkpoint, load it again, measure what was saved, write the result."""

import time
from typing import Any

import torch

from robustlib.describe import describe
from robustlib.experiments.checkpoints import save_smallest
from robustlib.experiments.experiment import Experiment
from robustlib.experiments.provenance import provenance
from robustlib.experiments.results import checkpoint_path, load_result, record, write_result
from robustlib.experiments.trainer import train
from robustlib.files import sha256
from robustlib.models import load_weights


def make(
    experiment: Experiment,
    seed: int,
    dataset: Any,
    device: torch.device,
    epochs: int,
    n: int,
    time_budget: float,
    progress: bool,
    again: bool,
) -> dict[str, Any] | str:
    """The result, or where the time budget ended the run the sentence that says so.

    The checkpoint is written first, then the result that knows its hash: a crash between the two is noticed.
    """
    model, history = train(experiment, seed, dataset, device, epochs, time_budget, progress, again)
    if not history.finished:
        return f"{experiment.name} seed {seed}: stopped by the time budget, saved; call again to go on"
    path = save_smallest(model, checkpoint_path(experiment.name, seed), dataset.validation)
    written = sha256(path)
    model = experiment.model().to(device)
    load_weights(model, path, written)
    model.to(memory_format=torch.channels_last).eval()
    torch.manual_seed(seed)
    started = time.monotonic()
    measured = experiment.evaluate(model, dataset, n)
    result = {
        "experiment": experiment.name,
        "paper": experiment.paper,
        "row": experiment.row,
        "seed": seed,
        "recipe": describe(experiment.recipe(epochs)),
        "schedule": {
            "epochs": epochs,
            "paper_epochs": experiment.epochs,
            "start": experiment.start.name if experiment.start else None,
        },
        "history": {"terms": history.terms, "seconds": [round(s, 1) for s in history.seconds]},
        "data": {"name": dataset.name, "source": dataset.source, "sha256": dataset.sha256},
        "checkpoint": {
            "sha256": written,
            "bytes": path.stat().st_size,
            "shipped": experiment.shipped and seed == 0,
        },
        "seconds": {"train": round(sum(history.seconds), 1), "evaluate": round(time.monotonic() - started, 1)},
        "evaluation": describe(experiment.evaluate),
        "attacks": describe(measured.attacks),
        "outcomes": {name: record(outcome) for name, outcome in measured.outcomes.items()},
        "facts": measured.facts,
        "claims": [
            {"outcome": c.outcome, "paper": c.value, "where": f"{c.paper}, {c.table}"} for c in experiment.claims
        ],
    }
    write_result(experiment.name, seed, result | provenance(device))
    return load_result(experiment.name, seed)
