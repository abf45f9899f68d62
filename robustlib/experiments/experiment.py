"""An experiment: what is trained, on what, how, and what is measured afterwards, all of it values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from robustlib.experiments.paper_tables import Claim
from robustlib.interfaces import Attack, Objective
from robustlib.models.classifier import Classifier
from robustlib.precision import Precision
from robustlib.training import SGD, Adam, Constant, DecayWeights


@dataclass(frozen=True)
class Measured:
    """What one evaluation found: outcomes by name, and facts that are not accuracies."""

    outcomes: Mapping[str, Any]  # name -> Outcome
    facts: Mapping[str, Any] = field(default_factory=dict)
    attacks: Mapping[str, Attack] = field(default_factory=dict)  # what produced the outcomes, for the record


@dataclass(frozen=True)
class Experiment:
    """One run of one paper, for every seed in `seeds`."""

    name: str  # also the folder of its results
    paper: str  # the prefix of its files in data/paper_tables
    row: str  # the row of the paper's table that it reproduces
    dataset: str
    model: Callable[[], Classifier]
    sampler: Callable[[Any], Any]  # e.g. Batches(128)
    objective: Objective
    optimizer: SGD | Adam | DecayWeights
    epochs: int  # the paper's schedule
    evaluate: Callable[[Classifier, Any, int], Measured]  # (model, dataset, n) -> what was measured
    affordable: int | None = None  # epochs that two CPU cores can afford; None: all of them
    start: "Experiment | None" = (
        None  # whose checkpoint of the same seed is tuned further; run first where it is absent
    )
    # Of a model with a part that stays as it is: that part, which takes the body of `start`, and the network that is
    # trained on what the part says of every image, stored once. None: all of the model is trained, on images.
    frozen: Callable[[Classifier], tuple[nn.Module, Classifier]] | None = None
    schedule: Callable[[float], float] = Constant()  # noqa: B008 (a frozen value)
    shorter: Callable[[float], float] | None = None  # the schedule of a run below the paper's epochs; None: the same
    precision: Precision = "fast"
    n: int = 1000  # test images of the evaluation
    seeds: tuple[int, ...] = (0,)
    shipped: bool = False  # whether the checkpoint of seed 0 is part of the repository
    claims: tuple[Claim, ...] = ()  # the printed numbers that stand beside ours
    worth: float = 1.0  # `run` without a name and `missing` go by this, largest first

    def schedule_for(self, epochs: int) -> Callable[[float], float]:
        """The learning-rate schedule of a run of so many epochs."""
        return self.schedule if self.shorter is None or epochs >= self.epochs else self.shorter

    def recipe(self, epochs: int) -> dict[str, Any]:
        """The values that decide the weights, for the record and for the fingerprint of a checkpoint."""
        names = ("dataset", "model", "sampler", "objective", "optimizer", "precision")
        found = {name: getattr(self, name) for name in names} | {"schedule": self.schedule_for(epochs)}
        found |= {"frozen": self.frozen} if self.frozen else {}
        return found | {"start": self.start.name if self.start else None}
