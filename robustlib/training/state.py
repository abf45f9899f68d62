"""The state of an interrupted run: weights, optimiser, random numbers and position."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch


@dataclass
class Position:
    """Where a run stands: `step` batches into epoch `epoch`, with the sums logged so far in that epoch."""

    epoch: int = 0
    step: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0


def random_state(device: torch.device) -> dict[str, torch.Tensor]:
    """The generators training draws from: the global CPU one, and the device's."""
    state = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def set_random_state(state: dict[str, torch.Tensor], device: torch.device) -> None:
    """Put the generators back where `random_state` found them."""
    torch.set_rng_state(state["cpu"])
    if "cuda" in state and device.type == "cuda":
        torch.cuda.set_rng_state(state["cuda"], device)


def write_state(path: Path, state: dict[str, Any]) -> None:
    """Save atomically: a kill during the write leaves the former file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def read_state(path: Path, run: str) -> dict[str, Any] | None:
    """The saved state of this very run, or None if there is no file.

    Raises: ValueError if the file is damaged, or belongs to a run with another configuration.
    """
    if not path.is_file():
        return None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        found = state["run"]
    except Exception as error:  # torch raises whatever the damaged bytes lead it to
        raise ValueError(
            f"{path}: not a readable training state ({error}); delete it to start this run anew"
        ) from error
    if found != run:
        raise ValueError(
            f"{path}: belongs to another run\n  there: {found}\n  here:  {run}\n"
            "give this run its own checkpoint path, or delete the file to start anew"
        )
    return state
