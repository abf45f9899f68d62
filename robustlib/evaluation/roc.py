"""Scores as few numbers: the points of a ROC curve that matter, and a coarse histogram."""

import torch
from torch import Tensor

BINS = 24
# False positives at which a shortened curve keeps its point: the control in the book stops there.
RATES = (0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def share_below(scores: Tensor, at: Tensor) -> Tensor:
    """The share of the sorted scores below each value, ties half."""
    below, up_to = (torch.searchsorted(scores, at, right=right).double() for right in (False, True))
    return (below + up_to) / (2 * len(scores))


def roc_points(normal: Tensor, adversarial: Tensor, points: int) -> tuple[Tensor, Tensor, Tensor]:
    """False positive rate, true positive rate and threshold at one threshold for each score, shortened to `points`.

    Both sets ascending, float64. A score below the threshold is refused; the last threshold is infinite.
    """
    at = torch.cat([torch.cat([normal, adversarial]).unique(), torch.tensor([torch.inf], dtype=torch.float64)])
    false, true = (torch.searchsorted(scores, at).double() / len(scores) for scores in (normal, adversarial))
    false[-1] = true[-1] = 1  # also where a score is infinite
    kept = _corners(torch.stack([false, true], 1), points)
    return false[kept], true[kept], at[kept]


def _corners(curve: Tensor, points: int) -> list[int]:
    """At most so many places along a rising curve (n, 2): its ends, RATES, then where the shortened curve is farthest
    off.
    """
    last = len(curve) - 1
    if last < points:
        return list(range(last + 1))
    rates = torch.searchsorted(curve[:, 0].contiguous(), torch.tensor(RATES, dtype=torch.float64) + 1e-9) - 1
    kept = {0, last} | (set(rates.tolist()) if points > len(RATES) + 2 else set())
    while len(kept) < points:
        knots = torch.tensor(sorted(kept))
        before = (torch.searchsorted(knots, torch.arange(last + 1), right=True) - 1).clamp(max=len(knots) - 2)
        start, chord = curve[knots[before]], curve[knots[before + 1]] - curve[knots[before]]
        off = ((curve - start) * chord.flip(1) * torch.tensor([1, -1])).sum(1).abs() / chord.norm(dim=1)
        off[knots] = -1
        kept.add(int(off.argmax()))
    return sorted(kept)


def histogram(normal: Tensor, adversarial: Tensor) -> dict[str, list[float] | list[int]]:
    """Counts over equal bins around the bulk of the normal scores, and as far beyond as adversarial ones reach."""
    both = torch.cat([normal, adversarial])
    finite = both[both.isfinite()]
    finite = finite if len(finite) else torch.zeros(1, dtype=torch.float64)
    bulk = normal[normal.isfinite()] if normal.isfinite().any() else finite
    left, right = (bulk.quantile(q).item() for q in (0.01, 0.99))
    width = (right - left) or (finite.max() - finite.min()).item() or 1.0
    low, high = max(left - 1.5 * width, finite.min().item()), min(right + 0.5 * width, finite.max().item())
    low, high = (low, high) if low < high else (low - width / 2, low + width / 2)
    edges = torch.linspace(low, high, BINS + 1, dtype=torch.float64)
    found: dict[str, list[float] | list[int]] = {"edges": [float(f"{edge:.9g}") for edge in edges]}
    for name, scores in (("normal", normal), ("adversarial", adversarial)):
        found[name] = torch.bucketize(scores, edges[1:-1], right=True).bincount(minlength=BINS).tolist()
    return found
