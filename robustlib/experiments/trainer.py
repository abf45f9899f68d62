"""Train the network of an experiment: from the seed, from another experiment's weights, or on top of them."""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from robustlib.datasets import FeatureSplit
from robustlib.describe import describe
from robustlib.experiments.checkpoints import load_model, load_stored
from robustlib.experiments.experiment import Experiment
from robustlib.experiments.heads import features_of
from robustlib.experiments.results import checkpoint_path, runs_folder
from robustlib.files import sha256
from robustlib.models import Classifier
from robustlib.precision import settled
from robustlib.source import fingerprint_of
from robustlib.training import History, fit
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
) -> tuple[Classifier, History]:
    """Train from the seed, or from where an interrupted run of the same recipe stopped; `again`: not from its end."""
    torch.manual_seed(seed)
    model = experiment.model().to(device)
    trained, split = begin(experiment, model, seed, dataset, device)
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
    return model, history


def state_path(experiment: Experiment, seed: int, epochs: int, device: torch.device) -> Path:
    """Where the unfinished run is kept: by recipe, source of what it calls, and the weights it starts from."""
    recipe = json.dumps(settled(describe(experiment.recipe(epochs)), device), sort_keys=True)
    code = fingerprint_of(*experiment.recipe(epochs).values())
    start = experiment.start
    weights = sha256(checkpoint_path(start.name, seed)) if start is not None else ""
    digest = hashlib.sha256("\n".join([recipe, code, weights]).encode()).hexdigest()[:8]
    return runs_folder() / f"{experiment.name}-seed{seed}-{epochs}-{digest}.pt"


def begin(
    experiment: Experiment, model: Classifier, seed: int, dataset: Any, device: torch.device
) -> tuple[Classifier, Any]:
    """The network to train, which shares its weights with the model, and the split to train it on."""
    start = experiment.start
    if experiment.frozen is None:
        if start is not None:
            load_stored(model, start.name, seed)
        return model, dataset.train
    part, trained = experiment.frozen(model)
    if start is not None:
        part.load_state_dict(load_model(start, seed, device).body.state_dict())
    z, y = features_of(Classifier(part, nn.Identity()), dataset.train, len(dataset.train))
    return trained, FeatureSplit(z[:, :, None, None], y, f"{dataset.train.name}/features")
