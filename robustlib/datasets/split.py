"""A split is a stack of uint8 images on a device; it becomes float where it is read. A dataset is three of them."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from jaxtyping import Bool, Int, UInt8
from torch import Tensor

from robustlib.interfaces import Images, Labels

Index = int | slice | list[int] | Int[Tensor, " some"] | Bool[Tensor, " all"]


@dataclass(frozen=True, eq=False)
class Split:
    """Images and labels, resident on one device: a quarter of the memory of floats, and no copy from host per batch.

    `split[index]` gives float32 images in [0, 1] and labels; a single number gives a batch of one, so images always
    have four axes. Raises: ValueError unless x is uint8 (n, c, h, w) and y int64 (n,), on the same device.
    """

    x: UInt8[Tensor, "n c h w"]
    y: Labels
    name: str  # for messages and file records, e.g. "mnist/test"

    def __post_init__(self) -> None:
        if self.x.ndim != 4 or self.x.dtype != torch.uint8:
            found = f"{self.x.dtype} {tuple(self.x.shape)}"
            raise ValueError(f"{self.name}: x must be uint8 (n, c, h, w), got {found}; scale by 255 and round first")
        self.check_labels()

    def check_labels(self) -> None:
        """Raises: ValueError unless there is one int64 label for each row of x, on the same device."""
        if self.y.dtype != torch.int64 or self.y.shape != self.x.shape[:1]:
            found = f"{self.y.dtype} {tuple(self.y.shape)}"
            raise ValueError(f"{self.name}: y must be int64 ({len(self.x)},), one label per image, got {found}")
        if self.x.device != self.y.device:
            raise ValueError(f"{self.name}: x is on {self.x.device}, y on {self.y.device}; they must share a device")

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, index: Index) -> tuple[Images, Labels]:
        part = self.subset(index)
        return part.x.to(torch.float32).div_(255), part.y

    def __repr__(self) -> str:
        c, h, w = self.x.shape[1:]
        return f"Split({self.name!r}, {len(self):,} images {c}x{h}x{w}, sha256 {self.sha256[:12]})"

    @cached_property
    def sha256(self) -> str:
        """Hash of shape, pixels and labels; the same on every device."""
        digest = hashlib.sha256(str(tuple(self.x.shape)).encode())
        digest.update(self.x.cpu().contiguous().numpy().tobytes())
        digest.update(self.y.cpu().contiguous().numpy().astype("<i8").tobytes())
        return digest.hexdigest()

    def subset(self, index: Index, name: str | None = None) -> "Split":
        """These images as a split of their own, still uint8."""
        i = self._index(index)
        if isinstance(i, slice) or i.dtype == torch.bool:
            return replace(self, x=self.x[i], y=self.y[i], name=name or self.name)
        x, y = self.x.index_select(0, i), self.y.index_select(0, i)  # thrice as fast as x[i]
        return replace(self, x=x, y=y, name=name or self.name)

    def to(self, device: str | torch.device) -> "Split":
        """The same split on a device."""
        return replace(self, x=self.x.to(device), y=self.y.to(device))

    def per_class(self, count: int, offset: int = 0) -> "Split":
        """The first `count` images of each class, after skipping `offset` of them; stored order is kept.

        Raises: ValueError if a class has fewer than offset + count images.
        """
        return self.subset(first_of_each(self.y, count, offset, self.name))

    def _index(self, index: Index) -> slice | Tensor:
        if isinstance(index, slice):
            return index
        if isinstance(index, int) and not -len(self) <= index < len(self):
            raise IndexError(f"{self.name}: no image {index}; there are {len(self):,}")
        i = torch.as_tensor(index, device=self.x.device)
        if i.dtype == torch.bool and i.ndim == 1:
            return i
        if (i.dtype.is_floating_point and i.numel()) or i.ndim > 1:
            raise TypeError(
                f"{self.name}: needs a slice, or whole numbers or a mask of one axis, got {i.dtype} {tuple(i.shape)}"
            )
        i = i.long().reshape(-1)
        return torch.where(i < 0, i + len(self), i)


def first_of_each(y: Labels, count: int, offset: int = 0, name: str = "labels") -> Int[Tensor, " m"]:
    """Positions of the first `count` examples of each class after `offset`, in rising order.

    Raises: ValueError if count < 1, offset < 0, or a class is too small.
    """
    if count < 1 or offset < 0:
        raise ValueError(f"per_class needs count >= 1 and offset >= 0, got count={count}, offset={offset}")
    chosen = []
    for c in y.unique().tolist():
        where = (y == c).nonzero().squeeze(1)
        if len(where) < offset + count:
            raise ValueError(
                f"{name}: class {c} has {len(where)} images, {offset} + {count} are asked for; ask for fewer"
            )
        chosen.append(where[offset : offset + count])
    return torch.cat(chosen).sort().values


@dataclass(frozen=True, eq=False)
class Dataset:
    """Train, validation and test split of one dataset, with what a model needs to know about it."""

    name: str
    train: Split
    validation: Split
    test: Split
    classes: tuple[str, ...]  # names, in the order of the labels
    mean: tuple[float, ...]  # of train, one per channel, in units of [0, 1]
    std: tuple[float, ...]
    source: str  # "archive" or "embedded"

    @cached_property
    def sha256(self) -> str:
        """Hash of the three splits."""
        parts = [split.sha256 for split in (self.train, self.validation, self.test)]
        return hashlib.sha256("".join(parts).encode()).hexdigest()

    def to(self, device: str | torch.device) -> "Dataset":
        """The same dataset on a device."""
        moved = {part: getattr(self, part).to(device) for part in ("train", "validation", "test")}
        return replace(self, **moved)


def channel_statistics(x: UInt8[Tensor, "n c h w"]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel in units of [0, 1], from exact integer counts of the 256 values."""
    values = torch.arange(256, dtype=torch.float64) / 255
    means, stds = [], []
    for channel in range(x.shape[1]):
        share = torch.bincount(x[:, channel].flatten(), minlength=256).cpu().double()
        share /= share.sum()
        mean = (share * values).sum()
        means.append(mean.item())
        stds.append((share * (values - mean).square()).sum().sqrt().item())
    return tuple(means), tuple(stds)
