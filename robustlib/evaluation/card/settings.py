"""What a card is made with beside model, data, attacks and eps."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from robustlib.geometry import Norm
from robustlib.interfaces import Detector, Features, Images


@dataclass(frozen=True)
class Settings:
    """Norm, seed, and how much is spent. Raises: ValueError for counts that are no whole numbers, or below 1."""

    norm: Norm
    seed: int = 0
    batch: int = 250
    passes: int = 100  # forward and backward, for each image and attack of the lower envelope
    limit: int | None = None  # of all passes of the card, for each image; None: as many as the checks take
    queries: int = 500  # of the black box
    binarised: int = 50  # images of the binarisation test
    inner: int = 999  # its inner points
    source: nn.Module | None = None  # another network of the same task, for the transfer
    features: Callable[[Images], Features] | None = None  # None: those of a `Classifier`
    detector: Detector | None = None
    threshold: float | None = None  # accepted from here upwards

    def __post_init__(self) -> None:
        for name in ("batch", "passes", "limit", "queries", "binarised", "inner"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or value != int(value) or value < 1):
                raise ValueError(f"{name} must be a whole number >= 1, got {value}")
        if (self.detector is None) != (self.threshold is None):
            raise ValueError("a detector is judged at a threshold: hand over both, or neither")
