"""A stored network as an attack written from scratch sees it, with what a page needs to compute it in script."""

import torch

from robustlib.evaluation import OneImage
from robustlib.experiments.checkpoints import load_model
from robustlib.experiments.results import checkpoint_path
from robustlib.files import read_tensors, sha256
from robustlib.models import Classifier


def one_image(network: str, model: Classifier | None = None, device: str | torch.device = "cpu") -> OneImage:
    """The network of an experiment, one image at a time; `model` is another head on the same stored weights.

    Raises: as `load_model`; ValueError for a checkpoint that is damaged.
    """
    path = checkpoint_path(network, 0)
    model = load_model(network, device=device) if model is None else model
    stored = read_tensors(path, f"the weights of {network}", "take them from the repository again")
    return OneImage(model, network, sha256(path), frozenset(stored))
