"""Label smoothing as MadNet states it: by the probability that is left to the true class."""

from robustlib.interfaces import Labels, Logits, PerExample
from robustlib.losses.reverse_cross_entropy import smoothed_cross_entropy


def label_smoothing(logits: Logits, y: Labels, alpha: float = 0.8) -> PerExample:
    r"""Cross-entropy to a label that gives the true class alpha, and the others equal shares of the rest.

    .. math:: L_\alpha(x, y) = -\alpha \log p_y - \frac{1 - \alpha}{L - 1} \sum_{j \ne y} \log p_j, \qquad p = F(x)

    It is :math:`\alpha\, L_{CE}^\lambda` of `smoothed_cross_entropy` at :math:`\lambda = 1/\alpha - 1`, and plain
    cross-entropy at alpha = 1. Range: from the label's entropy to inf; least where the true logit is
    :math:`\log\frac{\alpha (L - 1)}{1 - \alpha}` above all others, 3.6 for ten classes at 0.8.

    Shapes: (n, L), (n,) -> (n,). Source: Rozenberg et al. 2020 (MadNet), appendix F, in words.
    Raises: ValueError unless 1/L < alpha <= 1 (below, the true class is the unlikeliest), for fewer than two classes,
    and unless there is one label for each row of logits.
    """
    if not alpha <= 1 or not alpha * logits.shape[1] > 1:
        raise ValueError(
            f"alpha, the true class's share, must be above the others' 1/{logits.shape[1]} and at most 1, got {alpha}"
        )
    return alpha * smoothed_cross_entropy(logits, y, 1 / alpha - 1)
