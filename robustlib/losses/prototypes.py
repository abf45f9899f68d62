"""Prototype conformity: an embedding is drawn to the prototype of its class, and all other prototypes are pushed away.

Functions of the prototypes; `models.WithPrototypes` trains them with a network.
"""

import torch
from torch import Tensor

from robustlib.interfaces import Features, Labels, Means, PerExample
from robustlib.losses.triplet import distances
from robustlib.losses.wide import wide


def proximity(z: Features, y: Labels, prototypes: Means, *, squared: bool = False) -> PerExample:
    r"""The distance of each embedding to the prototype of its class.

    .. math:: \|z_i - w_{y_i}\|_2

    `squared` is what the released code minimises. Shapes: (n, d), (n,), (k, d) -> (n,). Range: [0, inf).
    Source: Mustafa et al. 2019, first term of the prototype conformity loss; the released code, class Proximity.
    Raises: ValueError unless there are two prototypes or more, as wide as the embeddings, and one label for each row.
    """
    _check(z, y, prototypes)
    square = (wide(z) - wide(prototypes)[y]).square().sum(1)
    return square if squared else (square + 1e-12).sqrt()


def separation(z: Features, y: Labels, prototypes: Means, *, squared: bool = False) -> PerExample:
    r"""How far the other prototypes are, from the embedding and from the prototype of its class: to be raised.

    .. math:: \frac{1}{k - 1} \sum_{j \ne y_i} \left(\|z_i - w_j\|_2 + \|w_{y_i} - w_j\|_2\right)

    No upper bound: scaling embeddings and prototypes scales it. `squared` is what the released code raises, squares of
    the distances from the embedding alone: :math:`\frac{1}{k - 1} \sum_{j \ne y_i} \|z_i - w_j\|_2^2`.
    Shapes: (n, d), (n,), (k, d) -> (n,). Range: [0, inf).

    Source: Mustafa et al. 2019, second term of the prototype conformity loss; the released code, class Con_Proximity.
    Raises: as `proximity`.
    """
    _check(z, y, prototypes)
    apart = distances(z, prototypes, squared=squared)
    if not squared:
        apart = apart + distances(prototypes, prototypes, squared=False)[y]
    own = torch.arange(len(prototypes), device=y.device) == y[:, None]
    return apart.masked_fill(own, 0).sum(1) / (len(prototypes) - 1)


def prototype_conformity(z: Features, y: Labels, prototypes: Means) -> PerExample:
    r"""Proximity minus separation, as printed.

    .. math:: L_{PC} = \|z_i - w_{y_i}\|_2
              - \frac{1}{k - 1} \sum_{j \ne y_i} \left(\|z_i - w_j\|_2 + \|w_{y_i} - w_j\|_2\right)

    Range: real, without a minimum: where it is negative, scaling everything by s multiplies it by s. That is why the
    released code weighs the second term by 1e-4. Shapes: (n, d), (n,), (k, d) -> (n,).

    Source: Mustafa et al. 2019, the prototype conformity loss (its sum over i is left to the caller).
    Raises: as `proximity`.
    """
    return proximity(z, y, prototypes) - separation(z, y, prototypes)


def _check(z: Features, y: Labels, prototypes: Tensor) -> None:
    if prototypes.ndim != 2 or len(prototypes) < 2 or prototypes.shape[1:] != z.shape[1:]:
        raise ValueError(
            f"embeddings {tuple(z.shape)} need two prototypes or more, as wide as they are, "
            f"got {tuple(prototypes.shape)}"
        )
    if y.shape != z.shape[:1]:  # one label would be spread over all rows in silence
        raise ValueError(f"need one label for each of the {len(z)} embeddings, got shape {tuple(y.shape)}")
