"""What Pang et al. 2018 prove about reverse training, with the inputs that come closest to the bounds."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from robustlib.interfaces import Logits, PerExample
from robustlib.losses.reverse_cross_entropy import smoothed_label

EXACT = 0.4  # alpha (L - 1) up to which the closed form of `worst_difference_logits` is the worst


def boundary_confidence(logits: Logits) -> PerExample:
    r"""The confidence where an input crosses the decision boundary without changing its non-maximal entropy.

    .. math:: \left(1 + \sum_{i \ne \hat y} e^{f_i - \max_{j \ne \hat y} f_j}\right)^{-1}

    Only the greatest logit moves, down to the second. Source: Pang et al. 2018, theorem 1.
    Shapes: (n, L) -> (n,). Range: [1/L, 1/2]; 1/L if and only if all non-maximal logits are equal.
    Raises: ValueError for fewer than two classes.
    """
    if logits.shape[1] < 2:
        raise ValueError(f"a decision boundary needs two classes, got logits of shape {tuple(logits.shape)}")
    others = logits.topk(logits.shape[1], 1).values[:, 1:]
    return 1 / (1 + (others - others[:, :1]).exp().sum(1))


def reverse_error_bound(alpha: float, classes: int) -> float:
    r"""How far the negated logits' softmax can be from the one-hot label after reverse training with error alpha.

    .. math:: \|S(Z) - R_y\|_\infty \le \alpha \ \Rightarrow\ \|S(-Z) - 1_y\|_\infty \le \alpha (L - 1)^2

    Source: Pang et al. 2018, theorem 2, for alpha much smaller than 1/L. In fact it holds for every alpha. It says
    something (is below 1) for alpha < 1/(L - 1)^2 only, and is tight as alpha goes to 0: see `worst_error_logits`.
    Raises: ValueError unless alpha >= 0 and there are at least two classes.
    """
    _check(alpha, classes)
    return alpha * (classes - 1) ** 2


def reverse_difference_bound(alpha: float, classes: int) -> float:
    r"""How much two of the non-maximal probabilities can differ after reverse training with error alpha.

    .. math:: |S(-Z)_j - S(-Z)_k| \le 2 \alpha^2 (L - 1)^2, \qquad j, k \ne y

    Source: Pang et al. 2018, theorem 2, for alpha much smaller than 1/L. In fact it holds for every alpha, and is tight
    as alpha goes to 0 for four classes or more; for three the largest difference is half of it.
    Raises: ValueError unless alpha >= 0 and there are at least two classes.
    """
    _check(alpha, classes)
    return 2 * alpha**2 * (classes - 1) ** 2


def smoothed_difference(alpha: float, classes: int, weight: float = 0.0) -> float:
    r"""The same difference after ordinary training: the largest possible if the softmax is within alpha of its label.

    .. math:: \max |S(Z)_j - S(Z)_k| = \alpha + \min(\alpha, P_j^\lambda), \qquad \|S(Z) - P^\lambda\|_\infty \le \alpha

    `weight` is lambda: 0 is cross-entropy, above it label smoothing. One probability has all that it may have and
    another as little. The "O(alpha)" that Pang et al. 2018 set against theorem 2.
    Raises: ValueError for fewer than three classes, or unless 0 <= weight < inf and 0 <= alpha <= 1 - P_j.
    """
    _check(alpha, classes, least=3)
    if not 0 <= weight < math.inf:
        raise ValueError(f"the weight lambda must be finite and >= 0, got {weight}")
    share = smoothed_label(torch.zeros(1, dtype=torch.int64), classes, weight)[0, 1].item()
    if alpha > 1 - share:
        raise ValueError(f"no probability is further than {1 - share:g} above its label, got alpha={alpha}")
    return alpha + min(alpha, share)


def worst_error_logits(alpha: float, classes: int) -> Float[Tensor, " k"]:
    r"""The logits Z with :math:`\|S(Z) - R_0\|_\infty = \alpha` whose negation says class 0 with the least confidence.

    With N = L - 1 and u = alpha N the true class has probability alpha, of the others one half is alpha above 1/N
    and one half alpha below (one more for odd N; for even N one stays at 1/N), and

    .. math:: 1 - S(-Z)_0 = \frac{\alpha\,s}{1 + \alpha\,s}, \qquad
              s = N\,\frac{N + u - [N \text{ even}]\,u^2}{1 - u^2}

    Source: this library; `reverse_error_bound` is its first order. Float64, shape (L,).
    Raises: ValueError unless 0 < alpha < 1/(L - 1) (from there on nothing keeps the confidence above 0).
    """
    _check(alpha, classes)
    others = classes - 1
    _below(alpha, 1 / others)
    half = others // 2 if others % 2 else others // 2 - 1  # those above
    shares = torch.full((others,), 1 / others - alpha, dtype=torch.float64)
    shares[:half] = 1 / others + alpha
    shares[half : half + (others + 1) % 2] = 1 / others
    return torch.cat([torch.tensor([alpha], dtype=torch.float64), shares]).log()


def worst_difference_logits(alpha: float, classes: int) -> Float[Tensor, " k"]:
    r"""The logits Z with :math:`\|S(Z) - R_0\|_\infty = \alpha` for which S(-Z) differs most between classes 1 and 2.

    Probability alpha on class 0, 1/(L - 1) - alpha on class 1, 1/(L - 1) + alpha on class 2, equal shares on the rest.
    With three classes there is no rest to make up for it, and class 0 has
    :math:`\sqrt{b^2 + 2 \alpha b} - b`, with b = 1/2 + alpha. Source: this library. Float64, shape (L,).
    Raises: ValueError for fewer than three classes, or unless 0 < alpha <= 0.4/(L - 1): above that, four classes have
        a worse case.
    """
    _check(alpha, classes, least=3)
    others = classes - 1
    _below(alpha, EXACT / others, included=True)
    b = 0.5 + alpha
    true = alpha if others > 2 else math.sqrt(b * b + 2 * alpha * b) - b
    low, high = 1 / others - alpha, min(1 / others + alpha, 1 - true - (1 / others - alpha))
    shares = torch.full((classes,), (1 - true - low - high) / max(others - 2, 1), dtype=torch.float64)
    shares[:3] = torch.tensor([true, low, high], dtype=torch.float64)
    return shares.log()


def _check(alpha: float, classes: int, least: int = 2) -> None:
    if not (math.isfinite(alpha) and alpha >= 0 and classes >= least):
        raise ValueError(f"need a finite alpha >= 0 and at least {least} classes, got alpha={alpha}, classes={classes}")


def _below(alpha: float, limit: float, included: bool = False) -> None:
    if not (0 < alpha < limit or (included and 0 < alpha <= limit)):
        raise ValueError(f"need 0 < alpha {'<=' if included else '<'} {limit:g} for this many classes, got {alpha}")
