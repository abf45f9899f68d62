"""Run an experiment: train, save the checkpoint, load it again, measure what was saved, write the result."""

import math
import time
from typing import Any

import torch

from robustlib.datasets import load
from robustlib.describe import describe
from robustlib.experiments.checkpoints import load_model, save_smallest
from robustlib.experiments.experiment import Experiment
from robustlib.experiments.results import (
    checkpoint_path,
    load_result,
    provenance,
    record,
    result_path,
    sha256,
    write_result,
)
from robustlib.experiments.trainer import train


def run(
    experiment: Experiment,
    seed: int = 0,
    *,
    device: str | torch.device = "cpu",
    epochs: int | None = None,
    n: int | None = None,
    time_budget: float = math.inf,
    progress: bool = True,
    again: bool = False,
) -> dict[str, Any] | None:
    """The result of the experiment, from its file where that holds this schedule already, otherwise from a new run.

    `epochs` None means the paper's schedule on a GPU and the affordable one on a CPU. A run that the time budget
    (seconds) ends early is saved, and goes on when called again; it returns None.

    Raises: ValueError where only the embedded images are at hand.
    """
    device = torch.device(device)
    epochs = epochs if epochs is not None else planned_epochs(experiment, device)
    if not again and result_path(experiment.name, seed).is_file():
        stored = load_result(experiment.name, seed)
        if stored["schedule"]["epochs"] >= epochs:
            return stored
    dataset = load(experiment.dataset, device=device)
    if dataset.source == "embedded":
        raise ValueError(
            f"{experiment.name} needs all of {experiment.dataset}, here are {len(dataset.train)} embedded images: "
            f"set ROBUSTLIB_DATA to the folder of {experiment.dataset}.npz, or let it be downloaded"
        )
    start, began = experiment.start, time.monotonic()
    if start is not None and not checkpoint_path(start.name, seed).is_file():
        first = run(start, seed, device=device, time_budget=time_budget, progress=progress, again=True)
        if first is None:
            return None
    left = time_budget - (time.monotonic() - began)
    model, history = train(experiment, seed, dataset, device, epochs, left, progress)
    if not history.finished:
        return None
    path = save_smallest(model, checkpoint_path(experiment.name, seed), dataset.validation)
    model = load_model(experiment, seed, device)
    torch.manual_seed(seed)
    started = time.monotonic()
    measured = experiment.evaluate(model, dataset, n or experiment.n)
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
            "sha256": sha256(path),
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


def planned_epochs(experiment: Experiment, device: torch.device) -> int:
    """The paper's schedule on a GPU, the affordable one on a CPU."""
    if device.type == "cpu" and experiment.affordable is not None:
        return experiment.affordable
    return experiment.epochs
