"""Run an experiment: from its stored result where that will do, otherwise anew, and never twice at once."""

import math
import sys
import time
from typing import Any

import torch
from tqdm.auto import tqdm

from robustlib.datasets import load
from robustlib.experiments.checkpoints import unpaired
from robustlib.experiments.experiment import Experiment
from robustlib.experiments.making import make
from robustlib.experiments.results import checkpoint_path, claim_path, find_result, trained_epochs
from robustlib.files import claimed, holder


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
    (seconds) ends early is saved, and goes on when called again; it returns None, and so does one that another worker
    is at, with a line that says so. `again` trains and measures anew. A result whose checkpoint is another than the one
    it measured, as a crash between the two leaves it, is made anew too.

    Raises: ValueError where only the embedded images are at hand, or the result file is damaged.
    """
    found = attempt(
        experiment, seed, device=device, epochs=epochs, n=n, time_budget=time_budget, progress=progress, again=again
    )
    if isinstance(found, str):
        if progress:
            tqdm.write(found, file=sys.stderr)
        return None
    return found


def attempt(
    experiment: Experiment,
    seed: int = 0,
    *,
    device: str | torch.device = "cpu",
    epochs: int | None = None,
    n: int | None = None,
    time_budget: float = math.inf,
    progress: bool = True,
    again: bool = False,
) -> dict[str, Any] | str:
    """As `run`, but where there is no result the sentence why."""
    device = torch.device(device)
    epochs = epochs if epochs is not None else planned_epochs(experiment, device)
    if not again and (stored := usable(experiment, seed, epochs)) is not None:
        return stored
    dataset = load(experiment.dataset, device=device)
    if dataset.source == "embedded":
        raise ValueError(
            f"{experiment.name} needs all of {experiment.dataset}, here are {len(dataset.train)} embedded images: "
            f"set ROBUSTLIB_DATA to the folder of {experiment.dataset}.npz, or let it be downloaded"
        )
    with claimed(claim_path(experiment.name, seed)) as other:
        if other is not None:
            return f"{experiment.name} seed {seed}: {other} is at it; left alone"
        if not again and (stored := usable(experiment, seed, epochs)) is not None:  # made in the meantime
            return stored
        start, began = experiment.start, time.monotonic()
        if start is not None and (busy := holder(claim_path(start.name, seed))) is not None:
            return f"{experiment.name} seed {seed}: {busy} is at {start.name}, which it starts from; left alone"
        if start is not None and not checkpoint_path(start.name, seed).is_file():
            first = attempt(start, seed, device=device, time_budget=time_budget, progress=progress, again=True)
            if isinstance(first, str):
                return first
        left = time_budget - (time.monotonic() - began)
        return make(experiment, seed, dataset, device, epochs, n or experiment.n, left, progress, again)


def usable(experiment: Experiment, seed: int, epochs: int) -> dict[str, Any] | None:
    """The stored result if it is of this schedule or a longer one, and of the checkpoint that is there, if one is.

    Raises: DamagedResult as `load_result`.
    """
    stored = find_result(experiment.name, seed)
    if stored is None or trained_epochs(stored) < epochs:
        return None
    return None if unpaired(experiment.name, seed, stored) else stored


def planned_epochs(experiment: Experiment, device: torch.device) -> int:
    """The paper's schedule on a GPU, the affordable one on a CPU."""
    if device.type == "cpu" and experiment.affordable is not None:
        return experiment.affordable
    return experiment.epochs
