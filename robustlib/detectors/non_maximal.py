"""Non-ME: how evenly the classes that were not predicted share what is left of the probability."""

from jaxtyping import Float
from torch import Tensor, nn

from robustlib.detectors.features import logits_at
from robustlib.interfaces import Images, Logits, PerExample


def behind(logits: Logits) -> Float[Tensor, "n others"]:
    """By how much each class but the first is behind the first, in falling order of the logits: (n, k) -> (n, k - 1).

    Raises: ValueError for fewer than two classes, and for logits that are NaN or infinite.
    """
    if logits.shape[1] < 2:
        raise ValueError(f"a score of the classes that lose needs two classes or more, got logits of {logits.shape[1]}")
    if not logits.isfinite().all():
        raise ValueError("the logits hold NaN or inf; look at the images first, then at the model's training")
    ordered = logits.sort(1, descending=True).values
    return ordered[:, :1] - ordered[:, 1:]


def non_maximal_entropy(logits: Logits) -> PerExample:
    r"""The entropy of the probabilities without the largest, rescaled to add up to one.

    .. math:: \text{non-ME}(x) = -\sum_{i \ne \hat y} \hat F(x)_i \log \hat F(x)_i, \quad
              \hat F(x)_i = \frac{F(x)_i}{\sum_{j \ne \hat y} F(x)_j}

    The largest logit does not enter, so it may be arbitrarily far ahead: the logits are never turned into F.
    Source: Pang et al. 2018, equation 1. Shapes: (n, L) -> (n,). Range: [0, log(L - 1)], with two classes always 0.
    Raises: ValueError for fewer than two classes, and for logits that are NaN or infinite.
    """
    gap = behind(logits)
    gap = (gap - gap[:, :1])[:, 1:]  # to the second; its own gap of 0 is the 1 in log(1 + sum)
    weight = (-gap).exp()
    total = weight.sum(1)
    return total.log1p() + (weight * gap).sum(1) / (1 + total)


class NonMaximalEntropy(nn.Module):
    """The detector whose score is `non_maximal_entropy` of the model's logits, in eval mode.

    Source: Pang et al. 2018, section 3.1. Raises: as `non_maximal_entropy`, when scoring.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def score(self, x: Images) -> PerExample:
        """Shapes: (n, c, h, w) -> (n,). Range: [0, log(L - 1)]."""
        return non_maximal_entropy(logits_at(self.model, x))
