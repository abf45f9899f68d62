"""Carlini and Wagner's attack with the detector in its objective: the smallest perturbation that fools both."""

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn

from robustlib.attacks.carlini_wagner import CarliniWagner
from robustlib.attacks.detector_aware import both_evaluating, check_detector, check_threshold
from robustlib.attacks.pair import pair
from robustlib.attacks.transfer import Transfer
from robustlib.door import check_inputs, check_logits
from robustlib.geometry import L2, per_example
from robustlib.gradient import clean_logits, evaluating, input_gradient, search_logits
from robustlib.interfaces import Detector, Images, Labels, Logits, PerExample
from robustlib.losses import margin


@dataclass(frozen=True)
class DetectorAwareCW(CarliniWagner):
    r"""The smallest perturbation that is misclassified and accepted, with the score as it is, in log units.

    .. math:: \min_{x'} \|x' - x\|_2^2 + c \left[\left(f_y - \max_{j \ne y} f_j + \kappa\right)_+
              + w\, (\tau - s(x'))_+\right], \quad s \text{ a log-density by log-sum-exp, } \tau \text{ its quantile}

    by the search of CarliniWagner: c grows until an iterate evades both, and is then bisected. With `targets=m` each
    of the m most likely wrong classes is aimed at in turn and the closest success is kept: m times the cost, and no
    dead end where the class that is easily reached has no accepted image near. Where the detector is steep its term
    holds the image back before the boundary; a warm start (of the classifier alone, e.g. DDN()) begins beyond it.
    A detector on the classifier's own features (`score_features`) shares its forward.

    Source: Pang et al. 2018, section 4.4, made stable (this book's attack R1 on kernel densities).
    Kind: minimum-norm. Raises: as CarliniWagner; ValueError unless threshold is finite, weight >= 0 and targets >= 0,
    and for a precision: features of 16 bits hide successes where the kernels are narrow.
    """

    detector: Detector = field(kw_only=True)  # score: higher is more normal
    threshold: float = field(kw_only=True)  # tau: accepted from here upwards; see threshold_at
    weight: float = 1.0  # w of the detector's term against the classifier's, >= 0
    targets: int = 0  # how many of the most likely wrong classes to aim at; 0: whichever wrong class leads

    def __post_init__(self) -> None:
        super().__post_init__()
        check_threshold(self.detector, self.threshold)
        if not (0 <= self.weight < float("inf") and self.targets >= 0):
            raise ValueError(f"need weight >= 0 and targets >= 0, got weight={self.weight}, targets={self.targets}")
        if self.targets and self.targeted:
            raise ValueError(
                f"targets={self.targets} chooses the targets, and targeted=True is given them: one or none"
            )
        if self.targets and self.warm_start is not None and "targeted" not in vars(self.warm_start):
            raise ValueError(f"targets={self.targets} needs a warm start with a targeted mode, got {self.warm_start!r}")
        if self.precision is not None:
            raise ValueError(f"a detector's score stays float32: precision must be None, got {self.precision}")

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        check_inputs(model, x, y)
        check_detector(self.detector, x, gradient=True)
        if len(x) == 0:
            return x.detach().clone()

        def lead(images: Images) -> tuple[Logits, PerExample]:
            logits = search_logits(model, images)
            check_logits(logits, y)  # whose classes the labels are: the score is one more column, but no class
            return logits, margin(logits, y)

        with evaluating(model):
            input_gradient(
                lead, x
            )  # beside the detector's gradient a missing one of the classifier would not be missed
        if self.targets:
            return self._closest_target(model, x, y)
        warm = None if self.warm_start is None else Transfer(model, self.warm_start)  # it must not see the score
        return CarliniWagner.__call__(replace(self, warm_start=warm), pair(model, self.detector), x, y)

    def _closest_target(self, model: nn.Module, x: Images, y: Labels) -> Images:
        """One run towards each wrong class, the most likely first; the closest success of each image."""
        wrong = clean_logits(model, x, y).scatter(1, y[:, None], -torch.inf)
        result, distance = x.detach().clone(), torch.full(y.shape, torch.inf, dtype=x.dtype, device=x.device)
        warm = None if self.warm_start is None else replace(self.warm_start, targeted=True)  # type: ignore[type-var]
        towards = replace(self, targets=0, targeted=True, warm_start=warm)
        for target in wrong.argsort(1, descending=True)[:, :-1][:, : self.targets].unbind(1):
            found = towards(model, x, target)
            length = L2().size(found - x.detach())
            with torch.no_grad(), both_evaluating(model, self.detector):
                evaded = self._reached(search_logits(pair(model, self.detector), found), y)
            closer = evaded & (length < distance)
            result, distance = torch.where(per_example(closer, x), found, result), torch.where(closer, length, distance)
        return result

    def _clean(self, model: nn.Module, x: Images, y: Labels) -> Logits:
        """Logits, and the score as the last column, which is none of them."""
        with torch.no_grad(), evaluating(model):
            both = search_logits(model, x)
        check_logits(both[:, :-1], y)
        return both

    def _log(self, score: PerExample) -> PerExample:
        """The score as it enters the objective."""
        return score

    def _gap(self, logits: Logits, y: Labels) -> PerExample:
        """By how much the attack is ahead in both aims, behind in their sum; the last column is the score."""
        lead = margin(logits[:, :-1], y) * (-1 if self.targeted else 1) - self.kappa
        accepted = self.weight * (self._log(logits[:, -1]) - self.threshold)
        behind = lead.clamp(max=0) + accepted.clamp(max=0)
        return self.kappa + behind + lead.minimum(accepted).relu()

    def _reached(self, logits: Logits, y: Labels) -> Tensor:
        wins = (logits[:, :-1].argmax(1) == y) == self.targeted
        lead = margin(logits[:, :-1], y) * (-1 if self.targeted else 1)
        hair = 1e-6 * max(1.0, abs(self.threshold))  # so that another batch size does not undo it
        return wins & (lead >= self.kappa) & (logits[:, -1] >= self.threshold + hair)


@dataclass(frozen=True)
class CarliniWagnerWB(DetectorAwareCW):
    r"""C&W-wb as printed: the detector's term goes through the density itself.

    .. math:: f_2(x') = \max\left(-\log KD(x') - \eta,\ 0\right), \quad KD = e^{s(x')}, \quad \eta = -\tau
              \text{, the median of } -\log KD

    The exponential is the trouble: far from every kernel KD is 0 in float32 from s = -104 on, and already at s = -80
    the floor under the logarithm (1e-30 in the released code; the paper has none, and 0 gives NaN) outweighs it. There
    f_2 is the constant -log floor with gradient 0, so the attack does not see the detector and fails, however weak the
    detector is. DetectorAwareCW is the same attack without the detour.

    Source: Pang et al. 2018, section 4.4, after Carlini & Wagner 2017 (Adversarial examples are not easily detected),
    section 5.2. Paper: targeted at random classes; here untargeted unless `targeted`. Kind: minimum-norm.
    Raises: as DetectorAwareCW; ValueError unless floor > 0.
    """

    floor: float = 1e-30  # under the logarithm, > 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.floor > 0:
            raise ValueError(f"without a floor > 0 the gradient of log 0 is NaN, got floor={self.floor}")

    def _log(self, score: PerExample) -> PerExample:
        return (self.floor + score.clamp(max=80).exp()).log()  # beyond e^88 float32 has no number
