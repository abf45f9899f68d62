"""DunDi's triplet loss: the sigmoid of a difference of distances, without a margin."""

from torch import Tensor
from torch.nn import functional as F

from robustlib.interfaces import Features, PerExample
from robustlib.losses.wide import alike


def discrepancy(anchor: Features, positive: Features, negative: Features, *, unit: bool = False) -> PerExample:
    r"""The comparator's h: how much further the negative is than the positive, squashed to (0, 1).

    .. math:: h = \mathrm{sigmoid}(g_{a,n} - g_{a,p}), \qquad g_{a,b} = \|f(x_a) - f(x_b)\|_2

    The distances g are not bounded: only h is. 1 is what training expects. With `unit` every embedding is first divided
    by its length, so that g is in [0, 2]. Shapes: (n, d) thrice -> (n,).
    Source: Cui et al. 2019, section 3.3; its formulas have no numbers. The paper also prints h with g swapped.
    """
    return _gap(anchor, positive, negative, unit).sigmoid()


def sigmoid_triplet(anchor: Features, positive: Features, negative: Features, *, unit: bool = False) -> PerExample:
    r"""One minus the discrepancy of the two distances.

    .. math:: L = 1 - h = \mathrm{sigmoid}(g_{a,p} - g_{a,n})

    Range: (0, 1); below 1/2 where the negative is further than the positive. There is no margin, and the embedding's
    scale is free: multiplying all embeddings by a number above 1 lowers the loss of every tuple in the right order, and
    changes no order. The gradient fades as exp(g_ap - g_an). With `unit`, DunDi's ablation, scale is gone and the range
    is [sigmoid(-2), sigmoid(2)]. Shapes: (n, d) thrice -> (n,).

    Source: Cui et al. 2019, section 3.3; its formulas have no numbers.
    """
    return (-_gap(anchor, positive, negative, unit)).sigmoid()  # not 1 - h, which rounds small losses to 0


def _gap(anchor: Features, positive: Features, negative: Features, unit: bool) -> PerExample:
    """The distance to the negative minus the distance to the positive."""
    anchor, positive, negative = alike(anchor, positive, negative)
    if unit:
        anchor, positive, negative = (F.normalize(z, dim=1) for z in (anchor, positive, negative))
    return _distance(anchor, negative) - _distance(anchor, positive)


def _distance(a: Features, b: Features) -> Tensor:
    """g: Euclidean, with a gradient also where the points meet."""
    return ((a - b).square().sum(1) + 1e-12).sqrt()
