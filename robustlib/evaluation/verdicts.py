"""What a model says of images, right or wrong, and whether it would say so again."""

import warnings
from typing import Any

import torch
from jaxtyping import Bool
from torch import Tensor, nn

from robustlib.door import check_batch, check_images, check_model, check_size
from robustlib.gradient import clean_logits, evaluating, search_logits
from robustlib.interfaces import Images, Labels
from robustlib.modes import seeded as seeded


def images_and_labels(data: Any) -> tuple[Images, Labels]:
    """(x, y) of a Split, or of a pair that is one already.

    Raises: ValueError if it is empty, or holds anything but images in [0, 1] and one integer label for each.
    """
    x, y = data if isinstance(data, tuple) else data[:]
    check_batch(x, y)
    if len(x) == 0:
        raise ValueError("there is no image to evaluate on")
    return x, y


@torch.no_grad()
def correct(model: nn.Module, x: Images, y: Labels, batch: int = 500) -> Bool[Tensor, " n"]:
    """Which images the model gets right, in eval mode and float32.

    Raises: ValueError for a model that answers anything but finite logits, or that has not these classes.
    """
    check_size(batch)
    check_model(model, x)
    parts = zip(x.split(batch), y.split(batch), strict=True)
    return torch.cat([clean_logits(model, *part).argmax(1) == part[1] for part in parts])


def pairs(model: nn.Module, x: Images, x_adv: Images, y: Labels, batch: int = 500, seed: int = 0) -> Bool[Tensor, " n"]:
    """Which images are classified right when clean and wrong when attacked: those over which the paper takes its AUC.

    A model that draws random numbers draws the same ones for both; the generators are restored.

    Source: Pang et al. 2018, table 2. Raises: ValueError for what is no images or labels, or not of one length.
    """
    check_batch(x, y)
    check_images(x_adv, "x_adv")
    if x.shape != x_adv.shape:
        raise ValueError(f"one attacked image for each image, got {tuple(x.shape)} and {tuple(x_adv.shape)}")
    if len(x) == 0:
        return torch.zeros(0, dtype=torch.bool, device=x.device)
    right = []
    for images in (x, x_adv):
        with seeded(seed, "clean", x.device):
            right.append(correct(model, images, y, batch))
    return right[0] & ~right[1]


def accuracy(model: nn.Module, data: Any, batch: int = 500, seed: int = 0) -> float:
    """The share of clean images that the model gets right. `data` is a Split or (x, y).

    A model that draws random numbers draws them from the seed; the generators are restored.
    """
    x, y = images_and_labels(data)
    with seeded(seed, "clean", x.device):
        right = correct(model, x, y, batch)
    return int(right.sum()) / len(right)


def draws_of(model: nn.Module, x: Images, seed: int = 0) -> int:
    """1 where the model answers these images otherwise when it is asked again, as random models do; 0 where not.

    Warns of a model whose answer to an image depends on the other images of the batch.
    """

    def alike(first: Tensor, second: Tensor) -> bool:
        return torch.allclose(first, second, rtol=1e-3, atol=1e-3 * first.abs().max().item())

    with torch.no_grad(), evaluating(model), seeded(seed, "again", x.device):
        before = torch.get_rng_state()
        first, second = (search_logits(model, x) for _ in range(2))
        if not torch.equal(before, torch.get_rng_state()) or not alike(first, second):
            return 1
        half = -(-len(x) // 2)
        if alike(first[:half], search_logits(model, x[:half])):
            return 0
    warnings.warn(
        "the model's answer to an image depends on the other images of its batch: what is right or broken holds for "
        "these images in batches of this size only",
        stacklevel=3,
    )
    return 0
