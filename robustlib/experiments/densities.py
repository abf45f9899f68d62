"""The kernel density of a trained network: fitted once on its training images, and saved beside it."""

from pathlib import Path
from typing import Any

import torch

from robustlib.detectors import KernelDensity
from robustlib.experiments.results import checkpoint_path
from robustlib.models.classifier import Classifier


def density_path(network: str, seed: int = 0) -> Path:
    """Where the density of a network is: beside its checkpoint."""
    return checkpoint_path(network, seed).with_name(f"density-seed{seed}.safetensors")


def load_density(network: str, model: Classifier, gamma: float | None = None, seed: int = 0) -> KernelDensity:
    """The stored density of a network, with another gamma if given.

    Raises: FileNotFoundError if there is none; ValueError if it was fitted on other weights.
    """
    found = KernelDensity.load(density_path(network, seed), model)
    return found if gamma is None else found.at(gamma)


def fitted_density(network: str, model: Classifier, dataset: Any, gamma: float, seed: int = 0) -> KernelDensity:
    """The same, fitted on the training images and saved in float16 first where it is absent or of other weights.

    1000 random training images a class, as released with Pang et al. 2018.
    """
    path = density_path(network, seed)
    try:
        return load_density(network, model, gamma, seed)
    except (FileNotFoundError, ValueError):
        KernelDensity.fit(model, dataset.train, gamma, seed=seed).save(path, torch.float16)
    return load_density(network, model, gamma, seed)
