"""An experiment: what is trained, on what and how, all of it values. What is measured afterwards is a `Measurement`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from robustlib.interfaces import Attack, Objective
from robustlib.models.classifier import Classifier
from robustlib.precision import Precision
from robustlib.training import SGD, Adam, Constant, DecayWeights


@dataclass(frozen=True)
class Crafting:
    """The adversarial sets that a training makes before it begins: every attack on every model.

    Source: Li et al. 2019 (AT2L), algorithm 2, lines 3 to 8: one outer iteration. The next is an experiment of its own,
    which starts from this one. The sets of a network are crafted once for all experiments that ask for them.
    Raises: ValueError for an empty set of attacks, without a model to attack, and for a count of no attack's images.
    """

    attacks: Mapping[str, Attack]  # A, by name
    sources: tuple[str, ...] = ()  # M: experiments whose checkpoints of the same seed are attacked; run first
    itself: bool = True  # whether the weights that the training starts from are attacked too
    images: int | Mapping[str, int] | None = (
        None  # the first so many of the training set, or so many by attack; None: all
    )
    batch: int = 250  # images attacked at a time

    def __post_init__(self) -> None:
        if not self.attacks or not (self.sources or self.itself):
            missing = "no attack" if not self.attacks else "no source, and itself=False"
            raise ValueError(f"Crafting attacks every model with every attack, got {missing}: nothing would be made")
        if isinstance(self.images, Mapping) and (unknown := sorted(self.images.keys() - self.attacks.keys())):
            raise ValueError(f"`images` counts for {unknown[0]!r}, which is none of {', '.join(self.attacks)}")

    def count(self, attack: str) -> int | None:
        """How many images this attack is given; None: all."""
        return self.images.get(attack) if isinstance(self.images, Mapping) else self.images


@dataclass(frozen=True)
class Experiment:
    """One trained network of the book, for every seed in `seeds`."""

    name: str  # also the folder of its results
    label: str  # how the tables call it, e.g. "DunDi_R1"
    dataset: str
    architecture: str  # the column `model` of its rows, e.g. "LeNet-5"
    training: str  # the column `training` of its rows, e.g. "RCE"
    model: Callable[[], Classifier]
    sampler: Callable[[Any], Any]  # e.g. Batches(128)
    objective: Objective
    optimizer: SGD | Adam | DecayWeights
    epochs: int  # the paper's schedule
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
    seeds: tuple[int, ...] = (0,)
    shipped: bool = False  # whether the checkpoint of seed 0 is part of the repository
    priority: float = 1.0  # `run` without a name and `missing` go by this, largest first
    crafted: Crafting | None = None  # the sets whose batches, (x, y, x_adv), the sampler draws: see `Crafted`

    def schedule_for(self, epochs: int) -> Callable[[float], float]:
        """The learning-rate schedule of a run of so many epochs."""
        return self.schedule if self.shorter is None or epochs >= self.epochs else self.shorter

    def recipe(self, epochs: int) -> dict[str, Any]:
        """The values that decide the weights, for the record and for the fingerprint of a checkpoint."""
        names = ("dataset", "model", "sampler", "objective", "optimizer", "precision")
        found = {name: getattr(self, name) for name in names} | {"schedule": self.schedule_for(epochs)}
        found |= {"frozen": self.frozen} if self.frozen else {}
        found |= {"crafted": self.crafted} if self.crafted else {}
        return found | {"start": self.start.name if self.start else None}
