"""Clusters of a batch: how wide each class is, how far apart their means are, and MadNet's two ways to penalise width.

These are quantities of a batch: a class is its examples in the batch, and a class that is absent counts for nothing.
"""

from typing import Literal, get_args

import torch
from jaxtyping import Float, Int
from torch import Tensor

from robustlib.interfaces import Features, Labels, Means, PerExample
from robustlib.losses.cosine import unit
from robustlib.losses.triplet import distances
from robustlib.losses.wide import wide

VarianceForm = Literal["printed", "released"]


def to_class_mean(z: Features, y: Labels) -> PerExample:
    r"""The distance of each embedding to the mean of its class in the batch.

    .. math:: \|z_i - \mu_{y_i}\|_2, \qquad \mu_c = \frac{1}{N_c} \sum_{i:\, y_i = c} z_i

    Shapes: (n, d), (n,) -> (n,). Range: [1e-6, inf); an only example of its class is its own mean, without a gradient.
    Source: Rozenberg et al. 2020 (MadNet), section 3, before the cluster variance.
    Raises: ValueError unless there is one label for each embedding.
    """
    mean, where, _ = _means(z, y)
    return ((wide(z) - mean[where]).square().sum(1) + 1e-12).sqrt()


def reduce_variance(z: Features, y: Labels, form: VarianceForm = "printed") -> Float[Tensor, ""]:
    r"""The reduce-variance loss RVL, one number for the whole batch.

    .. math:: \text{printed: } \frac{1}{C} \sum_{c} \sigma_c, \quad
              \sigma_c = \frac{1}{N_c} \sum_{i:\, y_i = c} \|z_i - \mu_c\|_2; \qquad
              \text{released: } \sum_c \frac1d \sum_{j=1}^d \mathrm{Var}_{i:\, y_i = c}(z_{ij})^2

    The sums go over the C classes present in the batch. (Paper inconsistent: it divides by N_c, which outside of the
    sum belongs to no class, and algorithm 1 divides by nothing.) The released code squares a variance, which is of
    the fourth power in z: wide classes weigh far more there, narrow ones nothing.

    Shapes: (n, d), (n,) -> (). Range: [0, inf); printed at least 1e-6, from under the root. 0 of an empty batch.
    Source: Rozenberg et al. 2020 (MadNet), equation 4; the released code, shairoz/MadNet.
    Raises: ValueError for another form, and unless there is one label for each embedding.
    """
    if form not in get_args(VarianceForm):
        raise ValueError(f"the form is one of {', '.join(get_args(VarianceForm))}, got {form!r}")
    mean, where, count = _means(z, y)
    if form == "printed":
        return (to_class_mean(z, y) / count[where]).sum() / max(1, len(mean))
    square = (wide(z) - mean[where]).square() / count[where, None]
    variance = torch.zeros_like(mean).index_add(0, where, square)
    return variance.square().sum() / max(1, z.shape[1])


def cluster_distance(z: Features, y: Labels, *, angular: bool = False) -> Float[Tensor, ""]:
    r"""The mean distance between the class means of a batch, one number.

    .. math:: \frac{1}{C (C - 1)} \sum_{c} \sum_{i \ne c} \|\mu_i - \mu_c\|_2, \qquad
              \text{angular: } 1 - \cos(\mu_i, \mu_c)

    Range: [0, inf), angular [0, 2]; 0 where the batch has one class. (Paper inconsistent: it prints z_i for the mean
    of class i.) The distance has no upper bound, since scaling the embedding scales it; the angle knows no scale.

    Shapes: (n, d), (n,) -> (). Source: Rozenberg et al. 2020 (MadNet), section 3, no number.
    Raises: ValueError unless there is one label for each embedding.
    """
    mean = _means(z, y)[0]
    if angular:
        direction = unit(mean)
        apart = 1 - (direction[:, None] * direction[None]).sum(-1)
    else:
        apart = distances(mean, mean, squared=False)
    own = torch.eye(len(mean), dtype=torch.bool, device=mean.device)
    return apart.masked_fill(own, 0).sum() / max(1, len(mean) * (len(mean) - 1))


def margin_objective(z: Features, y: Labels, *, angular: bool = False) -> Float[Tensor, ""]:
    r"""What a wide embedding margin asks for: narrow classes, far apart. One number for the batch.

    .. math:: \text{Margin Objective} = \text{Cluster Variance} - \text{Cluster Distance}

    The cluster variance is `reduce_variance`, here a mean over classes like the distance. As printed the objective has
    no minimum: where it is negative, scaling the embedding by s multiplies it by s. With `angular` the distance is
    replaced by its bounded proxy, and the range is [-2, inf).

    Shapes: (n, d), (n,) -> (). Source: Rozenberg et al. 2020 (MadNet), section 3, no number.
    Raises: ValueError unless there is one label for each embedding.
    """
    return reduce_variance(z, y) - cluster_distance(z, y, angular=angular)


def _means(z: Features, y: Labels) -> tuple[Means, Int[Tensor, " n"], Float[Tensor, " k"]]:
    """The means of the classes present, the row there of each example, and the examples of each class."""
    if y.shape != z.shape[:1] or z.ndim != 2:  # one label would be spread over all rows in silence
        raise ValueError(f"need one label for each row of embeddings (n, d), got {tuple(z.shape)} and {tuple(y.shape)}")
    z = wide(z)
    classes, where, count = y.unique(return_inverse=True, return_counts=True)
    sums = z.new_zeros(len(classes), z.shape[1]).index_add(0, where, z)
    return sums / count[:, None], where, count.to(z)
