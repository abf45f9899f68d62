"""In which order given embeddings are tried: the nearest of each class first, then the second nearest of each."""

import torch
from jaxtyping import Int
from torch import Tensor

from robustlib.interfaces import Features, Labels, Means


def nearest_of_each_class(z: Features, means: Means, labels: Int[Tensor, " k"], y: Labels) -> tuple[Tensor, Labels]:
    """The order in which to try the embeddings, (n, m), those of the own class last, and how many are of others."""
    distance = torch.cdist(z, means, compute_mode="donot_use_mm_for_euclid_dist")
    near = distance.argsort(1)
    by_class = labels[near].argsort(dim=1, stable=True)  # class after class, the nearest of each first
    sizes = labels.bincount()
    nth = torch.arange(len(labels), device=z.device) - (sizes.cumsum(0) - sizes)[labels.sort().values]
    nth = torch.empty_like(near).scatter_(1, by_class, nth.expand_as(near))
    own = labels[near] == y[:, None]
    order = near.gather(1, nth.masked_fill(own, len(labels)).argsort(dim=1, stable=True))
    return order, (~own).sum(1)
