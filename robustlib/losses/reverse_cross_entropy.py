"""Reverse cross-entropy and the label-smoothing family that it is the far end of."""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from robustlib.interfaces import Labels, Logits, PerExample
from robustlib.losses.wide import wide


def reverse_cross_entropy(logits: Logits, y: Labels) -> PerExample:
    r"""Cross-entropy to the reverse label: nothing on the true class, equal shares on all others.

    .. math:: L_{CE}^R(x, y) = -R_y^T \log F(x), \quad (R_y)_i = \begin{cases} 0 & i = y \\ 1/(L-1) & i \ne y
              \end{cases}

    A network that minimises it gives the true class the *lowest* logit; its predictions are those of the negated
    logits (`models.Negate`), which is what `objectives.ReverseCrossEntropy` trains.

    Source: Pang et al. 2018, equation 4. Shapes: (n, L), (n,) -> (n,). Range: [log(L - 1), inf).
    Raises: ValueError for fewer than two classes, or another number of labels than of logits.
    """
    return _cross_entropy(logits, smoothed_label(y, logits.shape[1], math.inf))


def smoothed_cross_entropy(logits: Logits, y: Labels, weight: float) -> PerExample:
    r"""Cross-entropy with a share of the reverse label's: label smoothing.

    .. math:: L_{CE}^\lambda(x, y) = L_{CE}(x, y) - \lambda R_y^T \log F(x) = (1 + \lambda)\, H(P^\lambda, F(x))

    Source: Pang et al. 2018, equation 2; `weight` is lambda, finite and >= 0. Range: [0, inf).
    Raises: ValueError unless 0 <= weight < inf, and as `reverse_cross_entropy`.
    """
    if not 0 <= weight < math.inf:
        raise ValueError(f"the weight lambda must be finite and >= 0, got {weight}; inf is reverse_cross_entropy")
    return (1 + weight) * _cross_entropy(logits, smoothed_label(y, logits.shape[1], weight))


def smoothed_label(y: Labels, classes: int, weight: float) -> Float[Tensor, "n k"]:
    r"""The distribution that the smoothed cross-entropy draws the softmax to.

    .. math:: P_i^\lambda = \begin{cases} \frac{1}{\lambda + 1} & i = y \\ \frac{\lambda}{(L-1)(\lambda+1)} & i \ne y
              \end{cases}, \qquad P^0 = 1_y, \quad P^\infty = R_y

    Source: Pang et al. 2018, equation 3. Shapes: (n,) -> (n, L).
    Raises: ValueError for fewer than two classes or a negative weight.
    """
    if classes < 2:
        raise ValueError(f"a label is spread over the other classes; {classes} leaves none")
    if not weight >= 0:
        raise ValueError(f"the weight lambda must be >= 0, got {weight}")
    true = 1 / (1 + weight)
    label = torch.full((len(y), classes), (1 - true) / (classes - 1), device=y.device)
    return label.scatter_(1, y[:, None], true)


def _cross_entropy(logits: Logits, label: Float[Tensor, "n k"]) -> PerExample:
    """Of the softmax to a distribution, row by row."""
    if len(label) != len(logits):  # one label would be spread over all rows in silence
        raise ValueError(f"need one label for each of the {len(logits)} rows of logits, got {len(label)} labels")
    return -(label * F.log_softmax(wide(logits), 1)).sum(1)
