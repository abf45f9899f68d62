"""Heads that read an embedding by distance: ordinary differentiable layers, attacked like any other."""

import torch
from torch import Tensor, nn

from robustlib.interfaces import Features, Labels, Logits, Means


@torch.no_grad()
def class_means(z: Features, y: Labels, classes: int) -> Means:
    """The mean feature of each class, (classes, d).

    Raises: ValueError if a class has no example.
    """
    counts = torch.bincount(y, minlength=classes)
    if len(counts) > classes:
        raise ValueError(f"labels must lie in 0 .. {classes - 1}, got class {len(counts) - 1}")
    if (counts == 0).any():
        raise ValueError(f"every class needs an example; class {int((counts == 0).nonzero()[0])} has none")
    sums = torch.zeros(classes, z.shape[1], dtype=z.dtype, device=z.device).index_add_(0, y, z)
    return sums / counts[:, None]


class NearestMeans(nn.Module):
    r"""Logits are minus the squared distances to fixed points, one per class: :math:`f_j = -\|z - m_j\|_2^2`.

    Shapes: means (k, d), features (n, d) -> logits (n, k). The nearest class mean wins.
    """

    means: Tensor

    def __init__(self, means: Means) -> None:
        super().__init__()
        self.register_buffer("means", means.detach().clone())

    def forward(self, z: Features) -> Logits:
        return -(z[:, None] - self.means[None]).square().sum(-1)


class NearestNeighbours(nn.Module):
    r"""A differentiable k-nearest-neighbour vote over stored features.

    .. math:: f_j = \log \sum_{i:\, y_i = j} \exp\left(-\|z - z_i\|_2^2 / \tau\right)

    As the temperature tau (squared feature units, > 0) goes to 0 this is the 1-nearest-neighbour rule.
    Shapes: stored (m, d), labels (m,); features (n, d) -> logits (n, k).

    Raises: ValueError if tau <= 0 or a class has no stored feature.
    """

    stored: Tensor
    label: Tensor

    def __init__(self, stored: Features, y: Tensor, classes: int, tau: float) -> None:
        super().__init__()
        if not tau > 0:
            raise ValueError(f"the temperature must be > 0, got {tau}")
        counts = torch.bincount(y, minlength=classes)
        if len(counts) > classes:
            raise ValueError(f"labels must lie in 0 .. {classes - 1}, got class {len(counts) - 1}")
        if (counts == 0).any():
            raise ValueError(f"every class needs a stored feature; class {int((counts == 0).nonzero()[0])} has none")
        order = y.argsort(stable=True)
        self.tau = tau
        self.register_buffer("stored", stored[order].detach().clone())
        self.register_buffer("label", y[order].clone())
        self.classes = classes

    def forward(self, z: Features) -> Logits:
        near = -torch.cdist(z, self.stored, compute_mode="donot_use_mm_for_euclid_dist").square() / self.tau
        return torch.stack([near[:, self.label == j].logsumexp(1) for j in range(self.classes)], 1)
