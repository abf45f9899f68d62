"""Stored features in the place of images: what a frozen network says of a split, computed once."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from robustlib.datasets.split import Index, Split
from robustlib.interfaces import Images, Labels


@dataclass(frozen=True, eq=False)
class FeatureSplit(Split):
    """Features (n, d, 1, 1), read as they are: images of one pixel and d channels to every sampler.

    Raises: ValueError unless x is finite float32 (n, d, 1, 1) and y int64 (n,), on the same device.
    """

    x: Float[Tensor, "n d 1 1"]

    def __post_init__(self) -> None:
        if self.x.ndim != 4 or self.x.shape[2:] != (1, 1) or self.x.dtype != torch.float32:
            found = f"{self.x.dtype} {tuple(self.x.shape)}"
            raise ValueError(f"{self.name}: stored features must be float32 (n, d, 1, 1), got {found}")
        if not self.x.isfinite().all():
            raise ValueError(f"{self.name}: a stored feature is NaN or infinite; look at the network that made them")
        self.check_labels()

    def __getitem__(self, index: Index) -> tuple[Images, Labels]:
        part = self.subset(index)
        return part.x, part.y
