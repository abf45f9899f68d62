"""Mining: which triplets of a batch to learn from, as index vectors (anchor, positive, negative).

Mining looks at the embedding but takes no gradient through its choice. Anchors without a positive (the only example
of their class in the batch) or without a negative are left out: the vectors may be shorter than the batch, or empty.
"""

import torch
from torch import Tensor

from robustlib.interfaces import Features, Labels
from robustlib.losses.triplet import distances

Triplets = tuple[Tensor, Tensor, Tensor]


def _pairs(y: Labels) -> tuple[Tensor, Tensor, Tensor]:
    """(anchors that have both, positive mask, negative mask) of a batch of labels."""
    same = y[:, None] == y[None]
    positive = same & ~torch.eye(len(y), dtype=torch.bool, device=y.device)
    usable = positive.any(1) & (~same).any(1)
    return usable.nonzero().squeeze(1), positive, ~same


def _pick(mask: Tensor) -> Tensor:
    """One true column of each row, uniformly, from torch's global CPU generator."""
    noise = torch.rand(mask.shape).to(mask.device)
    return noise.masked_fill(~mask, -1).argmax(1)


@torch.no_grad()
def random_triplets(z: Features, y: Labels, margin: float = 1.0) -> Triplets:
    """A uniformly drawn positive and negative for every anchor."""
    anchor, positive, negative = _pairs(y)
    if len(anchor) == 0:
        return anchor, anchor, anchor
    return anchor, _pick(positive[anchor]), _pick(negative[anchor])


@torch.no_grad()
def batch_hard(z: Features, y: Labels, margin: float = 1.0) -> Triplets:
    """For every anchor the farthest positive and the nearest negative of the batch.

    Source: Hermans et al. 2017 (In defense of the triplet loss), equation 5.
    """
    anchor, positive, negative = _pairs(y)
    if len(anchor) == 0:
        return anchor, anchor, anchor
    d = distances(z, z)[anchor]
    hardest_positive = d.masked_fill(~positive[anchor], -1).argmax(1)
    hardest_negative = d.masked_fill(~negative[anchor], torch.inf).argmin(1)
    return anchor, hardest_positive, hardest_negative


@torch.no_grad()
def semi_hard(z: Features, y: Labels, margin: float = 1.0) -> Triplets:
    r"""A random positive, and the nearest negative that is further than it; where there is none, the farthest negative.

    Source: Schroff et al. 2015 (FaceNet), equation 4: :math:`d(a,p) < d(a,n)`, here within the hinge
    :math:`d(a,n) < d(a,p) + m` whenever such a negative exists, because the nearest is taken.
    """
    anchor, positive, negative = _pairs(y)
    if len(anchor) == 0:
        return anchor, anchor, anchor
    d = distances(z, z)[anchor]
    chosen = _pick(positive[anchor])
    beyond = negative[anchor] & (d > d.gather(1, chosen[:, None]))
    nearest_beyond = d.masked_fill(~beyond, torch.inf).argmin(1)
    farthest = d.masked_fill(~negative[anchor], -1).argmax(1)
    return anchor, chosen, torch.where(beyond.any(1), nearest_beyond, farthest)
