"""DunDi's oracle database as a head: stored embeddings of each class, read by their mean distance."""

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from robustlib.interfaces import Features, Labels, Logits


def draw_oracles(
    z: Shaped[Tensor, "n *rest"], y: Labels, n: int, seed: int
) -> tuple[Shaped[Tensor, "m *rest"], Shaped[Tensor, " m"]]:
    """n random examples of each class, class after class, and their labels: what the heads take as oracles.

    `z` is whatever stands beside the labels: embeddings, images, or positions. The draw depends on the seed alone, not
    on the device, and a larger n only adds to it. Source: Cui et al. 2019, section 3.4.

    Raises: ValueError if n < 1, if z and y do not match, or if a class has fewer than n examples.
    """
    if n < 1:
        raise ValueError(f"a class needs n >= 1 oracles, got n={n}")
    labels = _labels(z, y).cpu()
    if len(labels) == 0:
        raise ValueError("there is nothing to draw oracles from: z and y are empty")
    sizes = labels.bincount()
    if int(sizes.min()) < n:
        c = int(sizes.argmin())
        raise ValueError(f"class {c} has {int(sizes[c])} examples, n={n} oracles are asked for; ask for fewer")
    order = torch.rand(len(labels), generator=torch.Generator().manual_seed(seed)).argsort(stable=True)
    order = order[labels[order].argsort(stable=True)]  # class after class, each in random order
    rows = order[((sizes.cumsum(0) - sizes)[:, None] + torch.arange(n)).flatten()].to(y.device)
    return z[rows], y[rows]


class NearestOracles(nn.Module):
    r"""Logits are minus the mean Euclidean distances to the oracles of each class: the exact nearest class.

    .. math:: f_c(z) = -D_c(z), \qquad D_c(z) = \frac{1}{n_c} \sum_{i=1}^{n_c} \|z - o_{c,i}\|_2

    An ordinary differentiable head. Means and not the printed sums, so that classes may have different numbers of
    oracles. Shapes: oracles (m, d), labels (m,); features (n, d) -> logits (n, k). Range: (-inf, 0], not bounded:
    cross-entropy saturates where distances are tens, so attack with `margin`.

    Source: Cui et al. 2019, section 3.4 (the classifier before its shortcut).
    Raises: ValueError if a class has no oracle, or if oracles, labels and features do not match in number, width or
    device.
    """

    oracles: Float[Tensor, "k n d"]
    share: Float[Tensor, "k n"]  # 1 / n_c, and 0 in the empty places of the smaller classes

    def __init__(self, z_oracle: Features, y_oracle: Labels, classes: int) -> None:
        super().__init__()
        sizes = torch.bincount(_labels(z_oracle, y_oracle), minlength=classes)
        if len(sizes) > classes:
            raise ValueError(f"labels must lie in 0 .. {classes - 1}, got class {len(sizes) - 1}")
        if (sizes == 0).any():
            raise ValueError(f"every class needs an oracle; class {int((sizes == 0).nonzero()[0])} has none")
        order = y_oracle.argsort(stable=True)
        label = y_oracle[order]
        place = torch.arange(len(order), device=order.device) - (sizes.cumsum(0) - sizes)[label]
        self.least = int(sizes.min())
        oracles = z_oracle.new_zeros(classes, int(sizes.max()), z_oracle.shape[1])
        share = z_oracle.new_zeros(oracles.shape[:2])
        oracles[label, place] = z_oracle.detach()[order]
        share[label, place] = 1 / sizes[label].to(share.dtype)
        self.register_buffer("oracles", oracles)
        self.register_buffer("share", share)

    @property
    def comparisons(self) -> int:
        """Distances computed for one image: those to all oracles."""
        return int((self.share > 0).sum())

    def forward(self, z: Features) -> Logits:
        return -self.distances(z)

    def distances(self, z: Features) -> Logits:
        """D_c(z), the mean distance to each class, (n, k)."""
        self.check(z)
        return mean_distances(z, self.oracles, self.share)

    def check(self, z: Features) -> None:
        """Raises: ValueError if the features are on another device than the oracles, or of another width."""
        if z.device != self.oracles.device:
            where = f"the oracles are on {self.oracles.device}, the features on {z.device}"
            raise ValueError(f"{where}; move the whole classifier with .to, its head included")
        if z.shape[1:] != self.oracles.shape[2:]:
            raise ValueError(f"the oracles have {self.oracles.shape[2]} features, got features {tuple(z.shape)}")


EXACT = "donot_use_mm_for_euclid_dist"  # from differences: no cancellation between near points


def mean_distances(z: Features, oracles: Float[Tensor, "k m d"], share: Float[Tensor, "k m"]) -> Logits:
    """The mean distances to oracles (k, m, d), of which each counts by its share."""
    near = torch.cdist(z, oracles.flatten(0, 1), compute_mode=EXACT)
    return (near.unflatten(1, share.shape) * share).sum(2)


def _labels(z: Shaped[Tensor, "n *rest"], y: Labels) -> Labels:
    """The labels, after checking that they belong to z."""
    if z.device != y.device:
        raise ValueError(f"the oracles are on {z.device} and their labels on {y.device}; move one with .to")
    if y.shape != z.shape[:1] or y.dtype != torch.int64:
        raise ValueError(f"need one int64 label for each of {len(z)} examples, got {y.dtype} {tuple(y.shape)}")
    if len(y) and int(y.min()) < 0:
        raise ValueError(f"labels must be >= 0, got {int(y.min())}")
    return y
