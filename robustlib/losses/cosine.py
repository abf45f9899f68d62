"""Angles between embeddings, and the Siamese loss that MadNet trains with: one for a class, a right angle for two."""

import torch
from jaxtyping import Bool
from torch import Tensor

from robustlib.interfaces import Features, PerExample
from robustlib.losses.wide import alike


def cosine(first: Features, second: Features) -> PerExample:
    r"""The cosine of the angle between two embeddings, pair by pair.

    .. math:: \cos(z_1, z_2) = \frac{z_1 \cdot z_2}{\|z_1\|_2 \|z_2\|_2}

    Range: [-1, 1]. An embedding of length 0 has no direction: its cosine is 0, and so is its gradient. No other length
    overflows or vanishes, also where its square would. Shapes: (n, d), (n, d) -> (n,).

    Source: Rozenberg et al. 2020 (MadNet), section 3.1; the formula has no number.
    Raises: ValueError unless both have one shape (n, d).
    """
    first, second = alike(first, second)
    return (unit(first) * unit(second)).sum(1)


def siamese_cosine(
    first: Features, second: Features, same: Bool[Tensor, " n"], *, absolute: bool = False
) -> PerExample:
    r"""How far the cosine of a pair is from 1 if both are of one class, and from 0 if not, squared.

    .. math:: L_{Siam} = \left(\delta_{y_1, y_2} - \frac{z_1 \cdot z_2}{\|z_1\| \|z_2\|}\right)^2

    Range: [0, 4]; of two classes [0, 1]. Scaling an embedding changes nothing, so that the loss has a lower bound that
    the distance of clusters has not. `absolute` takes no square: algorithm 1, and the mean absolute error of the
    released code. Shapes: (n, d), (n, d), (n,) -> (n,).

    Source: Rozenberg et al. 2020 (MadNet), section 3.2, third term of the MAD loss; the formula has no number.
    Raises: ValueError unless both embeddings have one shape, and `same` holds one bool for each pair.
    """
    if same.dtype != torch.bool or same.shape != first.shape[:1]:
        raise ValueError(f"same needs one bool for each of {len(first)} pairs, got {same.dtype} {tuple(same.shape)}")
    cos = cosine(first, second)
    gap = same.to(cos) - cos
    return gap.abs() if absolute else gap.square()


def unit(z: Features) -> Features:
    """Embeddings divided by their length, (n, d); one of length 0 stays 0 and gets no gradient."""
    largest = z.detach().abs().amax(1, keepdim=True) if z.shape[1] else z.detach().sum(1, keepdim=True)
    none = largest == 0
    z = z / largest.masked_fill(none, 1)  # the largest entry is 1: no square overflows, and no length is near 0
    length = z.square().sum(1, keepdim=True).masked_fill(none, 1).sqrt()
    return (z / length).masked_fill(none, 0)
