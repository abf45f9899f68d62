"""What a detector is worth: how its scores order clean and adversarial images, and what one threshold refuses."""

from dataclasses import dataclass
from functools import cached_property
from math import ceil, floor, isfinite, sqrt
from typing import Any

from jaxtyping import Float
from torch import Tensor

from robustlib.evaluation.intervals import Z95, wilson
from robustlib.evaluation.roc import histogram, roc_points, share_below

LEVELS = (0.01, 0.05)  # false positives at which a record states what was caught


@dataclass(frozen=True, eq=False, repr=False)
class Detection:
    """The scores of clean images and of adversarial ones, higher = more normal; a score below a threshold is refused.

    The two sets may differ in size. Infinite scores are numbers like others.
    Raises: ValueError for scores that are NaN, no floats, or not one number for each image.
    """

    normal: Float[Tensor, " m"]
    adversarial: Float[Tensor, " n"]
    held_out: Float[Tensor, " h"] | None = None  # clean scores of other images, which choose thresholds; None: `normal`

    def __post_init__(self) -> None:
        for name in ("normal", "adversarial", "held_out"):
            score = getattr(self, name)
            if score is not None and (score.ndim != 1 or not score.is_floating_point() or score.isnan().any()):
                found = (
                    "NaN" if score.ndim == 1 and score.is_floating_point() else f"{score.dtype} {tuple(score.shape)}"
                )
                raise ValueError(f"{name} must be one float score per image and never NaN, got {found}")

    @cached_property
    def _sorted(self) -> tuple[Tensor, Tensor]:
        """Both sets in ascending order, in float64. Raises: ValueError if one is empty."""
        if not (len(self.normal) and len(self.adversarial)):
            sizes = f"{len(self.normal)} normal and {len(self.adversarial)} adversarial scores"
            raise ValueError(f"there is nothing to compare: {sizes}; only `record` takes an empty set")
        normal, adversarial = (s.detach().cpu().double().sort().values for s in (self.normal, self.adversarial))
        return normal, adversarial

    @cached_property
    def _placements(self) -> tuple[Tensor, Tensor]:
        """For each normal score the share of adversarial ones below; for each adversarial one that of normal above."""
        normal, adversarial = self._sorted
        return share_below(adversarial, normal), 1 - share_below(normal, adversarial)

    @property
    def auc(self) -> float:
        r"""The probability that a normal image scores higher than an adversarial one; ties count half.

        .. math:: \frac{1}{mn} \sum_{i=1}^m \sum_{j=1}^n \left( [s_i > s^*_j] + \tfrac12 [s_i = s^*_j] \right)

        Source: DeLong, DeLong & Clarke-Pearson 1988, equation 1. Raises: ValueError if a set is empty.
        """
        return self._placements[0].mean().item()

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the AUC, by DeLong's variance, clipped to [0, 1].

        The two sets count as independent; where clean and adversarial scores of one image rise together, the interval
        is on the wide side. Where DeLong's variance is 0 or undefined (all or none ordered right, one image) it is the
        Wilson interval over as many independent pairs as the smaller set has images.
        Source: DeLong, DeLong & Clarke-Pearson 1988, equation 5. Raises: ValueError if a set is empty.
        """
        auc, sizes = self.auc, [len(placed) for placed in self._placements]
        variance = sum(p.var().item() / len(p) for p in self._placements) if min(sizes) > 1 else 0.0
        if variance < 1e-24:
            right = round(auc * min(sizes), 6)
            return wilson(floor(right), min(sizes))[0], wilson(ceil(right), min(sizes))[1]
        half = Z95 * sqrt(variance)
        return max(0.0, auc - half), min(1.0, auc + half)

    def threshold(self, false_positives: float) -> float:
        """The highest threshold that refuses at most this share of the held-out images, as `threshold_at` has it.

        Raises: ValueError unless 0 <= false_positives < 1 and there is a held-out score.
        """
        if not 0 <= false_positives < 1:
            raise ValueError(f"the share of false positives must lie in [0, 1), got {false_positives}")
        score = self.normal if self.held_out is None else self.held_out
        if len(score) == 0:
            raise ValueError("a threshold is a quantile of clean scores; there is no held-out score")
        return score.sort().values[min(int(false_positives * len(score) + 1e-9), len(score) - 1)].item()

    def caught(self, false_positives: float) -> tuple[float, float, float]:
        """The share of adversarial images below the threshold for these false positives, and its Wilson interval."""
        return _below(self._sorted[1], self.threshold(false_positives))

    def refused(self, false_positives: float) -> float:
        """The share of `normal` below that threshold: near false_positives if the held-out images are alike."""
        return _below(self._sorted[0], self.threshold(false_positives))[0]

    def roc(self, points: int = 101) -> tuple[list[float], list[float], list[float]]:
        """False positive rate, true positive rate and threshold, from (0, 0) up to (1, 1) at an infinite threshold.

        A curve of more points is shortened: to the ends, the false positives in RATES, and the sharpest corners.
        Raises: ValueError for points < 2 or an empty set.
        """
        if points < 2:
            raise ValueError(f"a ROC curve has at least its two ends, got points={points}")
        false, true, threshold = (column.tolist() for column in roc_points(*self._sorted, points))
        return false, true, threshold

    def record(self) -> dict[str, Any]:
        """All of this as plain JSON data; with an empty set the sizes, and None for the rest.

        `caught` and `refused` are keyed "0.01" and "0.05". A ROC threshold of None is infinite. The histogram's first
        and last bin also count everything beyond.
        """
        found: dict[str, Any] = dict.fromkeys(("auc", "low", "high"))
        found |= {"n": len(self.adversarial), "normal": len(self.normal)}
        found |= dict.fromkeys(("caught", "refused", "roc", "histogram"))
        if found["n"] and found["normal"]:
            found["auc"], (found["low"], found["high"]) = self.auc, self.interval
            for name, scores in zip(("refused", "caught"), self._sorted, strict=True):
                below = {f"{level:g}": _below(scores, self.threshold(level)) for level in LEVELS}
                found[name] = {at: {"share": b[0], "low": b[1], "high": b[2]} for at, b in below.items()}
            false, true, at = self.roc(41)
            found["roc"] = {"false": [round(v, 4) for v in false], "true": [round(v, 4) for v in true]}
            found["roc"]["threshold"] = [float(f"{v:.9g}") if isfinite(v) else None for v in at]
            found["histogram"] = histogram(*self._sorted)
        return found


def _below(scores: Tensor, threshold: float) -> tuple[float, float, float]:
    """The share of scores below the threshold, and its 95 % interval."""
    n = int((scores < threshold).sum())
    return n / len(scores), *wilson(n, len(scores))
