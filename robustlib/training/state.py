"""The state of an interrupted run: weights, optimiser, random numbers, position, and which run it is of."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from robustlib.describe import architecture, describe, weights_hash
from robustlib.files import parsing, read_state, write_state
from robustlib.precision import settled
from robustlib.source import fingerprint_of
from robustlib.training.history import History

WHAT, WAY_OUT = "training state", "delete it to start this run anew"


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


def identity(model: nn.Module, **values: Any) -> dict[str, str]:
    """What makes two runs the same, as text: values, their source, the architecture, and the seed last set.

    Raises: TypeError for a value without a stable description (a lambda).
    """
    described = settled(describe(values), next(model.parameters()).device)
    same = {name: json.dumps(value, sort_keys=True) for name, value in described.items()}
    configured = {n: v for n, v in values.items() if not isinstance(v, int | float | str | torch.dtype | None)}
    same |= {f"source of {name}": fingerprint_of(value) for name, value in configured.items()}
    same |= {"architecture": json.dumps(architecture(model)), "source of architecture": fingerprint_of(model)}
    return same | {"seed": str(torch.initial_seed())}


class Saved:
    """One run's state on disk, or nowhere (path None): taken up at the start, written as the run goes on.

    Raises: ValueError if the file is damaged, or is of another run.
    """

    def __init__(self, path: Path | str | None, model: nn.Module, step_by: torch.optim.Optimizer, **run: Any) -> None:
        self.path, self.model, self.step_by = None if path is None else Path(path), model, step_by
        self.device = next(model.parameters()).device
        self.at, self.history, self.epoch_random = Position(), History(epochs=run["epochs"]), random_state(self.device)
        if self.path is None:
            return
        self.run, self.began = identity(model, **run), weights_hash(model)
        try:
            state = read_state(self.path, WHAT, WAY_OUT)
        except FileNotFoundError:
            return
        with parsing(self.path, WHAT, WAY_OUT):
            there, began, now = dict(state["run"]), str(state["began"]), str(state["now"])
        self._check(there, self.began in (began, now))
        self.began = began
        with parsing(self.path, WHAT, WAY_OUT):
            model.load_state_dict(state["model"])
            step_by.load_state_dict(state["optimizer"])
            self.history, self.at = History(**state["history"]), Position(**state["at"])
            set_random_state(state["random"], self.device)
        self.epoch_random = state["epoch_random"]

    def write(self) -> None:
        """Save atomically: a kill during the write leaves the former file."""
        if self.path is not None:
            state = {"run": self.run, "began": self.began, "now": weights_hash(self.model)}
            state |= {"model": self.model.state_dict(), "optimizer": self.step_by.state_dict()}
            state |= {"history": asdict(self.history), "at": asdict(self.at), "random": random_state(self.device)}
            write_state(self.path, state | {"epoch_random": self.epoch_random})

    def _check(self, there: Mapping[str, str], same_start: bool) -> None:
        """Raises: ValueError that says what differs, unless the file is of this run."""
        way_out = "give this run its own checkpoint path, or delete the file to start anew"
        differs = [name for name in {**self.run, **there} if self.run.get(name) != there.get(name)]
        if differs:
            first = differs[0]
            raise ValueError(
                f"{self.path}: belongs to another run; what differs: {', '.join(differs)}\n"
                f"  there: {there.get(first)}\n  here:  {self.run.get(first)}\n{way_out}"
            )
        if not same_start:
            raise ValueError(
                f"{self.path}: belongs to another run; what differs: the weights that it started from\n"
                f"build the model anew as that run did, {way_out}"
            )


def finished(path: Path) -> bool:
    """Whether the state at `path` is of a run that has ended, or cannot be used at all; False where there is none."""
    try:
        state = read_state(path, WHAT, WAY_OUT)
        return bool(state["at"]["epoch"] >= state["history"]["epochs"])
    except FileNotFoundError:
        return False
    except (ValueError, KeyError, TypeError, IndexError):
        return True
