"""DunDi's two-step classification: a few oracles choose the classes that all oracles are compared with."""

import torch
from jaxtyping import Bool
from torch import Tensor

from robustlib.interfaces import Features, Labels, Logits
from robustlib.models.oracles import EXACT, NearestOracles, mean_distances

BLOCK = 64  # images compared with one class at a time


class TwoStep(NearestOracles):
    r"""Algorithm 1: the first m oracles of each class choose k classes, all n oracles of those choose the class.

    .. math:: s_c = -\frac1m \sum_{i=1}^m \|z - o_{c,i}\|_2, \quad K = \mathrm{argtop}_k\, s, \qquad
              f_c = -D_c \text{ if } c \in K, \quad f_c = \min_{K} f - (\min_{K} s - s_c) \text{ if not}

    A class that step 1 drops has no similarity in the paper. Here its logit is never above those that were kept, and
    rises with s, so that an attack feels the way back. Logits jump where K changes.

    `literal` reads the algorithm as printed, where "similarity" is the distance: it returns the class that is farthest.

    Source: Cui et al. 2019, algorithm 1 (n = 20, m = 3, k = 5). Shapes as in `NearestOracles`.
    Raises: ValueError as `NearestOracles`, and unless 1 <= m <= the oracles of every class and 1 <= k <= classes.
    """

    def __init__(
        self, z_oracle: Features, y_oracle: Labels, classes: int, m: int = 3, k: int = 5, literal: bool = False
    ) -> None:
        super().__init__(z_oracle, y_oracle, classes)
        if not 1 <= m <= self.least:
            raise ValueError(f"step 1 reads m >= 1 oracles of each class, and a class has {self.least}, got m={m}")
        if not 1 <= k <= classes:
            raise ValueError(f"step 1 keeps between 1 and all {classes} classes, got k={k}")
        self.m, self.k, self.literal = m, k, literal

    @property
    def comparisons(self) -> int:
        """Distances computed for one image as printed, where step 2 begins anew: K m + k n, with the largest n."""
        classes, n = self.share.shape
        return classes * self.m + self.k * n

    def forward(self, z: Features) -> Logits:
        self.check(z)
        sign = 1 if self.literal else -1
        some = self.oracles[:, : self.m].contiguous()
        first = sign * mean_distances(z, some, some.new_full(some.shape[:2], 1 / self.m))
        best = first.argsort(dim=1, descending=True, stable=True)[:, : self.k]
        kept = torch.zeros_like(first, dtype=torch.bool).scatter_(1, best, True)
        second = sign * self._of_kept(z, kept)
        lowest = second.masked_fill(~kept, torch.inf).amin(1, keepdim=True)
        last_in = first.masked_fill(~kept, torch.inf).amin(1, keepdim=True)
        return torch.where(kept, second, lowest - (last_in - first))

    def _of_kept(self, z: Features, kept: Bool[Tensor, "n k"]) -> Logits:
        """D of the kept pairs of image and class, 0 at the others.

        Every class takes its images in blocks of one size, the last of them filled up with image 0, so that all blocks
        of all classes are one batch of distances.
        """
        label, row = kept.T.nonzero().unbind(1)  # class after class
        sizes = kept.sum(0)
        blocks = -(-sizes // BLOCK)
        place = torch.arange(len(row), device=z.device) - (sizes.cumsum(0) - sizes)[label]
        block, slot = (blocks.cumsum(0) - blocks)[label] + place // BLOCK, place % BLOCK
        rows = row.new_zeros(int(blocks.sum()), BLOCK)
        rows[block, slot] = row
        owner = torch.arange(len(blocks), device=z.device).repeat_interleave(blocks)
        near = torch.cdist(z[rows], self.oracles[owner], compute_mode=EXACT)
        found = (near * self.share[owner, None]).sum(2)
        return z.new_zeros(kept.shape).index_put((row, label), found[block, slot])
