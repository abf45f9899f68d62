"""Augmentation of a whole batch at once. The draw stands apart: `crop` and `flip` are pure."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor
from torch.nn import functional

from robustlib.interfaces import Images


def crop(x: Images, dy: Int[Tensor, " n"], dx: Int[Tensor, " n"], padding: int = 4) -> Images:
    """Pad each image with black, then cut the window of the old size that starts at row dy and column dx.

    dy = dx = padding gives the image back; both lie in 0 .. 2 * padding.
    """
    h, w = x.shape[-2:]
    windows = functional.pad(x, [padding] * 4).unfold(2, h, 1).unfold(3, w, 1)  # n c dy dx h w, a view
    return windows[torch.arange(len(x), device=x.device), :, dy, dx]


def flip(x: Images, chosen: Bool[Tensor, " n"]) -> Images:
    """Mirror the chosen images left to right."""
    return torch.where(chosen[:, None, None, None], x.flip(-1), x)


def random_crop(x: Images, padding: int = 4) -> Images:
    """Shift each image by up to `padding` pixels in each direction, uniformly; what comes in is black."""
    dy, dx = torch.randint(2 * padding + 1, (2, len(x))).to(x.device)
    return crop(x, dy, dx, padding)


def random_flip(x: Images) -> Images:
    """Mirror each image left to right with probability one half."""
    return flip(x, torch.randint(2, (len(x),)).bool().to(x.device))


@dataclass(frozen=True)
class Augment:
    """A random crop, then a random flip: the usual augmentation for CIFAR (He et al. 2016, section 4.2).

    The draws come from torch's global CPU generator. Any other function of images to images may stand in its place.
    """

    padding: int = 4  # pixels, >= 0
    flip: bool = True

    def __post_init__(self) -> None:
        if self.padding < 0:
            raise ValueError(f"Augment needs padding >= 0, got {self.padding}")

    def __call__(self, x: Images) -> Images:
        x = random_crop(x, self.padding) if self.padding else x
        return random_flip(x) if self.flip else x
