"""The trained network of an experiment: saved as small as its accuracy allows, and loaded with its result beside it."""

from pathlib import Path
from typing import Any

import torch

from robustlib.evaluation import accuracy
from robustlib.experiments.experiment import Experiment
from robustlib.experiments.results import DamagedResult, checkpoint_path, find_result, result_path
from robustlib.files import sha256
from robustlib.models import Classifier, load_weights, save_weights


def load_model(experiment: Experiment, seed: int = 0, device: str | torch.device = "cpu") -> Classifier:
    """The trained network of an experiment, from its checkpoint, in eval mode. Raises: as `load_stored`."""
    model = load_stored(experiment.model().to(device), experiment.name, seed)
    return model.to(memory_format=torch.channels_last).eval()


def load_stored(model: Classifier, name: str, seed: int = 0) -> Classifier:
    """Fill a network with the checkpoint of the experiment of this name, which has to be the one its result measured.

    Raises: FileNotFoundError if the checkpoint is not there; ValueError if it is damaged or does not fit;
    DamagedResult, one too, if the result beside it is of another checkpoint, or cannot be read.
    """
    path = checkpoint_path(name, seed)
    broken = unpaired(name, seed)
    if broken is not None:
        raise DamagedResult(broken)
    load_weights(model, path)
    return model


def unpaired(name: str, seed: int, result: dict[str, Any] | None = None) -> str | None:
    """What is wrong where a checkpoint is not the one that its result measured, and the way out; None where all is
    well, or one of the two is not there.

    Raises: DamagedResult if the result cannot be read.
    """
    path = checkpoint_path(name, seed)
    if not path.is_file():
        return None
    result = find_result(name, seed) if result is None else result
    expected = None if result is None else result.get("checkpoint", {}).get("sha256")
    if expected is None or (found := sha256(path)) == expected:
        return None
    return (
        f"{path}: its sha256 is {found[:12]}..., but {result_path(name, seed)} measured {str(expected)[:12]}...: the "
        "weights and the numbers are not of one run, or the weights are damaged; put the checkpoint of that result "
        f"back, or make both anew with `python -m robustlib.experiments run {name} --seed {seed} --again`"
    )


def save_smallest(model: Classifier, path: Path, split: Any) -> Path:
    """Save as float16 if the clean accuracy on the split stays equal, otherwise as float32.

    The model is left with the weights as they were saved. Raises: ValueError for weights that are not finite.
    """
    model.eval()
    before = accuracy(model, split)
    full = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    half = {
        name: tensor.half().to(tensor.dtype) if tensor.is_floating_point() else tensor for name, tensor in full.items()
    }
    model.load_state_dict(half)
    fits = all(tensor.isfinite().all() for tensor in half.values() if tensor.is_floating_point())
    if fits and accuracy(model, split) == before:
        save_weights(model, path, torch.float16)
        return path
    model.load_state_dict(full)
    save_weights(model, path)
    return path
