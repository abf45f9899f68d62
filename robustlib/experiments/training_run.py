"""Train the network of an experiment, save it, and write what that left: never a checkpoint without its record."""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from robustlib.datasets import FeatureSplit
from robustlib.describe import describe
from robustlib.experiments.checkpoints import load_model, load_stored, save_smallest
from robustlib.experiments.crafted_sets import crafted_split
from robustlib.experiments.experiment import Experiment
from robustlib.experiments.features import features_of
from robustlib.experiments.provenance import code_of, provenance
from robustlib.experiments.results import checkpoint_path, load_result, runs_folder, write_result
from robustlib.files import sha256
from robustlib.models import Classifier
from robustlib.precision import settled
from robustlib.source import fingerprint_of
from robustlib.training import fit
from robustlib.training.state import finished


def train(
    experiment: Experiment,
    seed: int,
    dataset: Any,
    device: torch.device,
    epochs: int,
    time_budget: float,
    progress: bool,
    again: bool = False,
) -> dict[str, Any] | str:
    """The record of the training, or where the time budget ended it the sentence that says so.

    It starts from the seed, or from where an interrupted run of the same recipe stopped; `again`: not from its end. The
    checkpoint is written first, then the record that knows its hash: a crash between the two is noticed.
    """
    torch.manual_seed(seed)
    model = experiment.model().to(device)
    trained, split = begin(experiment, model, seed, dataset, device, progress)
    state = state_path(experiment, seed, epochs, device)
    if again and finished(state):
        state.unlink()
    history = fit(
        trained,
        experiment.sampler(split),
        experiment.objective,
        optimizer=experiment.optimizer,
        epochs=epochs,
        schedule=experiment.schedule_for(epochs),
        checkpoint=state,
        precision=experiment.precision,
        channels_last=True,
        time_budget=time_budget,
        progress=progress,
    )
    if not history.finished:
        return f"{experiment.name} seed {seed}: stopped by the time budget, saved; call again to go on"
    path = save_smallest(model, checkpoint_path(experiment.name, seed), dataset.validation)
    start, recipe = experiment.start.name if experiment.start else None, experiment.recipe(epochs)
    record = {
        "kind": "training",
        "recipe": describe(recipe),
        "code": code_of(*recipe.values()),
        "schedule": {"epochs": epochs, "paper_epochs": experiment.epochs, "start": start},
        "history": {"terms": history.terms, "seconds": [round(s, 1) for s in history.seconds]},
        "data": {"name": dataset.name, "source": dataset.source, "sha256": dataset.sha256},
        "checkpoint": {
            "sha256": sha256(path),
            "bytes": path.stat().st_size,
            "shipped": experiment.shipped and seed == 0,
        },
        "seconds": {"train": round(sum(history.seconds), 1)},
    }
    write_result(experiment.name, seed, record | provenance(device))
    return load_result(experiment.name, seed)


def state_path(experiment: Experiment, seed: int, epochs: int, device: torch.device) -> Path:
    """Where the unfinished run is kept: by recipe, source of what it calls, and the weights it starts from."""
    recipe = json.dumps(settled(describe(experiment.recipe(epochs)), device), sort_keys=True)
    code = fingerprint_of(*experiment.recipe(epochs).values())
    start = experiment.start
    weights = sha256(checkpoint_path(start.name, seed)) if start is not None else ""
    digest = hashlib.sha256("\n".join([recipe, code, weights]).encode()).hexdigest()[:8]
    return runs_folder() / f"{experiment.name}-seed{seed}-{epochs}-{digest}.pt"


def begin(
    experiment: Experiment, model: Classifier, seed: int, dataset: Any, device: torch.device, progress: bool = True
) -> tuple[Classifier, Any]:
    """The network to train, which shares its weights with the model, and the split to train it on."""
    start = experiment.start
    if experiment.frozen is None:
        if start is not None:
            load_stored(model, start.name, seed)
        if experiment.crafted is None:
            return model, dataset.train
        return model, crafted_split(experiment, model, seed, dataset, progress)
    part, trained = experiment.frozen(model)
    if start is not None:
        part.load_state_dict(load_model(start, seed, device).body.state_dict())
    z, y = features_of(Classifier(part, nn.Identity()), dataset.train, len(dataset.train))
    return trained, FeatureSplit(z[:, :, None, None], y, f"{dataset.train.name}/features")
