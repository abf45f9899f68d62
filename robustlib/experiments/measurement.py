"""A measurement: what is measured on the stored network of an experiment, and the rows that it gives."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from robustlib.experiments.rows import Row
from robustlib.interfaces import Attack
from robustlib.models.classifier import Classifier


@dataclass(frozen=True)
class Subject:
    """What a measurement is handed."""

    model: Classifier  # from its checkpoint, in eval mode, on its device
    dataset: Any
    n: int  # official test images
    folder: Path  # for unfinished work; belongs to these weights and this n
    seed: int  # of the checkpoint and of the attacks
    network: str  # the experiment whose weights these are


@dataclass(frozen=True)
class Findings:
    """The rows, and for the record the attacks behind them, by the attack's name in the rows and its radius."""

    rows: Sequence[Row]
    attacks: Mapping[str, Attack] = field(default_factory=dict)


@dataclass(frozen=True)
class Measurement:
    """What is measured on one network: attacks, detectors, maps. It trains nothing."""

    of: str  # the experiment whose checkpoint is measured; trained first where it is absent
    kind: str  # what is measured, e.g. "oblivious": the column `measurement` of its rows
    evaluate: Callable[[Subject], Findings]
    n: int = 1000  # official test images
    seeds: tuple[int, ...] = (0,)
    priority: float = 1.0  # `run` without a name and `missing` go by this, largest first
    needs: tuple[str, ...] = ()  # other experiments whose checkpoints it reads

    @property
    def name(self) -> str:
        """Also the folder of its results."""
        return f"{self.of}-{self.kind}"
