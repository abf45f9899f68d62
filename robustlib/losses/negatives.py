"""Negatives for attacked anchors: which clean image of the batch an attacked one is to be kept away from.

Each is called as choice(logits of the attacked batch, distances of each anchor to each clean image, labels) and gives a
position in the clean batch for every anchor. A choice takes no gradient; a drawn one draws from torch's CPU generator.
Raises, each of them: ValueError for a batch of a single class, in which there is no negative.
"""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from robustlib.interfaces import Labels, Logits
from robustlib.losses.wide import wide

Far = Float[Tensor, "n n"]
Negatives = Callable[[Logits, Far, Labels], Int[Tensor, " n"]]


@torch.no_grad()
def likeliest_wrong(logits: Logits, far: Far, y: Labels) -> Int[Tensor, " n"]:
    """A random image of the wrong class that the attacked image is likeliest taken for, of those in the batch.

    That is the predicted class where the attack succeeded, and the runner-up where it did not or where the predicted
    class is missing. Source: Li et al. 2019 (AT2L), section 3.2, "from the same class as the adversarial example",
    which does not say what if it is classified right or its class is missing.
    """
    wrong = others(y)
    classes = torch.zeros_like(logits, dtype=torch.bool)
    classes[:, y] = True
    classes.scatter_(1, y[:, None], False)
    likeliest = wide(logits).clamp(min=-1e30).masked_fill(~classes, -torch.inf).argmax(1)
    return _drawn(wrong & (y[None] == likeliest[:, None]))


@torch.no_grad()
def any_other(logits: Logits, far: Far, y: Labels) -> Int[Tensor, " n"]:
    """A random image of any other class. Source: Li et al. 2019 (AT2L), algorithm 2, line 13."""
    return _drawn(others(y))


@torch.no_grad()
def nearest_other(logits: Logits, far: Far, y: Labels) -> Int[Tensor, " n"]:
    """The image of another class that lies nearest to the anchor. Source: Mao et al. 2019 (TLA), section 4."""
    return far.masked_fill(~others(y), torch.inf).argmin(1)


def others(y: Labels) -> Bool[Tensor, "n n"]:
    """Which images are of another class than each. Raises: ValueError if there are none."""
    other = y[:, None] != y[None]
    if len(y) == 0 or not other.any(1).all():
        found = f"{len(y)} images, all of class {y[0].item()}" if len(y) else "no images"
        raise ValueError(
            f"an adversarial triplet needs a negative, an image of another class, and the batch holds {found}: take "
            "larger batches, drop_last=True if it is the last and smaller one, or Balanced batches"
        )
    return other


def _drawn(mask: Bool[Tensor, "n n"]) -> Int[Tensor, " n"]:
    """One true column of each row, uniformly."""
    noise = torch.rand(tuple(mask.shape)).to(mask.device)
    return noise.masked_fill(~mask, -1).argmax(1)
