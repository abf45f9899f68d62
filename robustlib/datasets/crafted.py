"""Images with their stored adversarial forms, and the sampler that gives every clean image one of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from robustlib.datasets.loader import Batch, Loader, at_least_one
from robustlib.datasets.split import Index, Split
from robustlib.door import check_images


@dataclass(frozen=True, eq=False)
class CraftedSplit(Split):
    """A split, and sets of adversarial images by name, each of the split's first images, in its order.

    A set may be shorter than the split: what is dear to craft is crafted for fewer images. Part of it (`subset`) is an
    ordinary split of clean images. Raises: ValueError if there is no set, or one that is empty, longer than the split,
    of another shape or device, or not float32 in [0, 1].
    """

    sets: Mapping[str, Float[Tensor, "_ c h w"]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.sets:
            raise ValueError(f"{self.name}: there is no adversarial set; name at least one attack and one model")
        for name, images in self.sets.items():
            check_images(images, f"the adversarial set {name!r}")
            if not 1 <= len(images) <= len(self) or images.shape[1:] != self.x.shape[1:]:
                found = f"{tuple(images.shape)} for {tuple(self.x.shape)}"
                raise ValueError(f"{self.name}: the set {name!r} must hold the split's first images, got {found}")
            if images.dtype != torch.float32 or images.device != self.x.device:
                found = f"{images.dtype} on {images.device}"
                raise ValueError(f"{self.name}: the set {name!r} must be float32 on {self.x.device}, got {found}")

    @property
    def covered(self) -> int:
        """The images that have an adversarial form: the first so many."""
        return max(len(images) for images in self.sets.values())

    def subset(self, index: Index, name: str | None = None) -> Split:
        """These clean images as a split of their own."""
        return Split(self.x, self.y, self.name).subset(index, name)

    def to(self, device: str | torch.device) -> "CraftedSplit":
        """The same split on a device."""
        sets = {name: images.to(device) for name, images in self.sets.items()}
        return replace(self, x=self.x.to(device), y=self.y.to(device), sets=sets)


@dataclass(frozen=True)
class Crafted:
    """Every image that has an adversarial form once a pass, with one of its forms: (x, y, x_adv).

    The form is drawn anew in every pass, uniformly among the sets that hold the image.
    Source: Li et al. 2019 (AT2L), algorithm 2, lines 10 to 12; k = 32 in the supplement.
    """

    size: int = 32  # clean images in a batch, and as many adversarial ones, >= 1
    drop_last: bool = False

    def __post_init__(self) -> None:
        at_least_one(size=self.size)

    def __call__(self, split: Split) -> Loader:
        return Loader(_Draws(self.size, self.drop_last, _crafted(split).covered), split)


@dataclass(frozen=True)
class _Draws:
    """`Crafted`, knowing how many images have an adversarial form."""

    size: int
    drop_last: bool
    covered: int

    def count(self, n: int) -> int:
        """Batches of a pass."""
        return self.covered // self.size if self.drop_last else -(-self.covered // self.size)

    def indices(self, split: Split) -> list[Tensor]:
        """Positions of the images, and of the sets that their forms are taken from, (2, size) each."""
        lengths = torch.tensor([len(images) for images in _crafted(split).sets.values()])
        longest_first = lengths.argsort(descending=True, stable=True)
        order = torch.randperm(self.covered)
        held = (lengths[None] > order[:, None]).sum(1)  # that many sets hold it: the longest ones
        drawn = (torch.rand(len(order), dtype=torch.float64) * held).long().minimum(held - 1)
        return list(torch.stack([order, longest_first[drawn]]).split(self.size, dim=1))[: self.count(len(split))]

    def batch(self, split: Split, index: Int[Tensor, "2 b"]) -> Batch:
        """(x, y, x_adv)"""
        x, y = split[index[0]]
        index, x_adv = index.to(x.device), torch.empty_like(x)
        for number, images in enumerate(_crafted(split).sets.values()):
            rows = (index[1] == number).nonzero().squeeze(1)
            x_adv[rows] = images[index[0][rows]]
        return x, y, x_adv


def _crafted(split: Split) -> CraftedSplit:
    """Raises: TypeError unless the split has adversarial sets."""
    if not isinstance(split, CraftedSplit):
        raise TypeError(f"Crafted draws from a CraftedSplit, as `craft_sets` makes it, got a {type(split).__name__}")
    return split
