"""A loader: the batches of one split, drawn pass by pass."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor

from robustlib.datasets.split import Split
from robustlib.describe import describe
from robustlib.door import check_labels
from robustlib.interfaces import Images

Batch = tuple[Tensor, ...]
Augmentation = Callable[[Images], Images]


@runtime_checkable
class Sampler(Protocol):
    """What a loader asks of its sampler, a frozen value that holds no split."""

    def count(self, n: int) -> int:
        """Batches in a pass over n images."""
        ...

    def indices(self, split: Split) -> list[Tensor]:
        """Draw the order of one pass: an index tensor for each batch."""
        ...

    def batch(self, split: Split, index: Tensor) -> Batch:
        """The batch of one index tensor."""
        ...


@dataclass(frozen=True, eq=False)
class Loader:
    """The batches of one split; every pass draws a new order.

    The order of a whole pass is drawn first, as small index tensors, from torch's global CPU generator and nothing
    else. So restoring that generator repeats the pass, and a resumed run skips batches without touching a pixel.
    Raises: ValueError for a negative label.
    """

    sampler: Sampler
    split: Split

    def __post_init__(self) -> None:
        check_labels(self.split.y, len(self.split))

    def __len__(self) -> int:
        return self.sampler.count(len(self.split))

    def __iter__(self) -> Iterator[Batch]:
        return map(self.batch, self.indices())

    def __repr__(self) -> str:
        return f"Loader({json.dumps(describe(self.sampler))}, {self.split!r})"  # equal in every process: no addresses

    def indices(self) -> list[Tensor]:
        """Draw the order of one pass: an index tensor for each batch."""
        return self.sampler.indices(self.split)

    def batch(self, index: Tensor) -> Batch:
        """The batch of one index tensor; augmentation is drawn here."""
        return self.sampler.batch(self.split, index)


def augmented(augment: Augmentation | None, x: Images) -> Images:
    """The images, augmented if there is an augmentation."""
    return x if augment is None else augment(x)


def at_least_one(**counts: int) -> None:
    """Raises: ValueError for a count below one."""
    for name, value in counts.items():
        if value < 1:
            raise ValueError(f"a sampler needs {name} >= 1, got {value}")
