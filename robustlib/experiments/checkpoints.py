"""The trained network of an experiment: saved as small as its accuracy allows, and loaded again."""

from pathlib import Path
from typing import Any

import torch

from robustlib.evaluation import accuracy
from robustlib.experiments.experiment import Experiment
from robustlib.experiments.results import checkpoint_path
from robustlib.models import Classifier, load_weights, save_weights


def load_model(experiment: Experiment, seed: int = 0, device: str | torch.device = "cpu") -> Classifier:
    """The trained network of an experiment, from its checkpoint, in eval mode.

    Raises: FileNotFoundError if the checkpoint is not there; ValueError if it does not fit.
    """
    model = experiment.model().to(device)
    load_weights(model, checkpoint_path(experiment.name, seed))
    return model.to(memory_format=torch.channels_last).eval()


def save_smallest(model: Classifier, path: Path, split: Any) -> Path:
    """Save as float16 if the clean accuracy on the split stays equal, otherwise as float32."""
    model.eval()
    before = accuracy(model, split)
    full = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    if all(tensor.abs().max() < torch.finfo(torch.float16).max for tensor in full.values()):
        save_weights(model, path, torch.float16)
        if accuracy(load_weights(model, path), split) == before:
            return path
        model.load_state_dict(full)
    save_weights(model, path)
    return path
