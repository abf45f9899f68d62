"""What it takes to evade a classifier with a detector: a wrong label, and a score that passes for a normal image's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite

import torch
from jaxtyping import Bool
from torch import Tensor, nn

from robustlib.door import OF_A_SCORE, check_batch, check_images, check_inputs, check_model, check_size
from robustlib.geometry import per_example
from robustlib.gradient import clean_logits, evaluating, input_gradient
from robustlib.interfaces import Attack, Detector, Images, Labels, PerExample


@torch.no_grad()
def threshold_at(detector: Detector, x: Images, false_positives: float = 0.05, batch: int = 500) -> float:
    r"""The highest threshold that rejects at most this share of clean images: score < threshold means rejected.

    .. math:: \tau = s_{(\lfloor \rho n \rfloor + 1)}, \quad s_{(1)} \le \dots \le s_{(n)} \text{ the scores of } x

    Choose it on clean images that neither the classifier nor the detector was fitted on.
    Source: Pang et al. 2018, section 4.4, takes the median, i.e. false_positives=0.5; a usable detector needs a few
    per cent. Raises: ValueError unless 0 <= false_positives < 1 and every score is a number, of at least one image.
    """
    if not 0 <= false_positives < 1:
        raise ValueError(f"the share of false positives must lie in [0, 1), got {false_positives}")
    check_size(batch)
    check_images(x)
    if len(x) == 0:
        raise ValueError("a threshold is a quantile of clean scores; there is no image")
    with both_evaluating(nn.Identity(), detector):
        score = torch.cat([scores(detector, part) for part in x.split(batch)])
    refused = min(int(false_positives * len(score) + 1e-9), len(score) - 1)  # 0.29 * 100 is 28.999...
    return score.sort().values[refused].item()


def scores(detector: Detector, x: Images) -> PerExample:
    """The detector's scores, never in reduced precision.

    Raises: ValueError unless there is one number for each image; an infinite one is a number, NaN is none.
    """
    with torch.autocast(x.device.type, enabled=False):
        return checked(detector.score(x.clone()), len(x))


def checked(score: PerExample, n: int) -> PerExample:
    """The scores of n images, if that is what they are. Raises: ValueError as `scores`."""
    if not isinstance(score, Tensor) or score.shape != (n,) or not score.is_floating_point():
        found = f"{score.dtype} of shape {tuple(score.shape)}" if isinstance(score, Tensor) else type(score).__name__
        raise ValueError(f"a detector's score must be float of shape ({n},), one per image, got {found}")
    if score.isnan().any():
        raise ValueError("the detector's score is NaN, which would count as detected; take a log-density by logsumexp")
    return score


@contextmanager
def both_evaluating(model: nn.Module, detector: Detector) -> Iterator[None]:
    """Hold the model and the detector in eval mode, then give each of their modules its own mode back."""
    pair = [module for module in (model, detector) if isinstance(module, nn.Module)]
    with evaluating(nn.ModuleList(pair)):
        yield


@torch.no_grad()
def evades(
    model: nn.Module, detector: Detector, threshold: float, x_adv: Images, y: Labels, targeted: bool = False
) -> Bool[Tensor, " n"]:
    """Which images are misclassified (or, targeted, assigned to the target) and accepted: score >= threshold.

    Raises: ValueError for images that are none, or unless y holds one class of the model for each.
    """
    check_batch(x_adv, y, "x_adv")
    check_model(model, x_adv)
    if len(x_adv) == 0:
        return y.new_zeros(0, dtype=torch.bool)
    with both_evaluating(model, detector):
        label_is_y = clean_logits(model, x_adv, y).argmax(1) == y
        return (label_is_y == targeted) & (scores(detector, x_adv) >= threshold)


def check_threshold(detector: Detector, threshold: float) -> None:
    """Raises: TypeError for a detector without `score` or a threshold that is no number; ValueError unless finite."""
    if not callable(getattr(detector, "score", None)):
        raise TypeError(f"a detector has a method score(x), higher for more normal images, got {detector!r:.80}")
    if isinstance(threshold, bool) or not isinstance(threshold, int | float):
        raise TypeError(f"the detector's threshold must be a number, got {threshold!r:.80}; see threshold_at")
    if not isfinite(threshold):
        raise ValueError(f"the detector's threshold must be finite, got {threshold}; see threshold_at")


def check_detector(detector: Detector, x: Images, gradient: bool = False) -> None:
    """Look at the detector before anything is attacked; at its gradient too where the attack will climb on it.

    Raises: ValueError unless the detector gives every clean image a number, and with `gradient` a finite one with a
    finite gradient.
    """
    if len(x) == 0:
        return
    found: list[PerExample] = []

    def score(images: Images) -> tuple[Tensor, Tensor]:
        found.append(scores(detector, images))
        if gradient and not found[0].isfinite().all():
            raise ValueError("the detector's score is infinite on a clean image, and shows no way; use logsumexp")
        return found[0], found[0]

    with both_evaluating(nn.Identity(), detector):
        if not gradient:
            with torch.no_grad():
                score(x)
            return
        input_gradient(score, x, **OF_A_SCORE)


@dataclass(frozen=True)
class Undetected:
    """Any attack against a classifier with a detector: a result that the detector rejects, or that is classified
    right, is given up for the clean image.

    So `under_attack` on the classifier counts exactly the images that are misclassified and accepted.
    Source: Carlini & Wagner 2017 (Adversarial examples are not easily detected), section 2.4.
    Kind: minimum-norm (the clean image where it failed). Raises: ValueError unless the threshold is finite; when
    called, for bad images, labels or scores.
    """

    attack: Attack
    detector: Detector  # score: higher is more normal
    threshold: float  # accepted from here upwards; see threshold_at

    def __post_init__(self) -> None:
        check_threshold(self.detector, self.threshold)

    @property
    def targeted(self) -> bool:
        """Whether y are targets."""
        return bool(getattr(self.attack, "targeted", False))

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        check_inputs(model, x, y)
        check_detector(self.detector, x)
        x_adv = self.attack(model, x, y)
        through = evades(model, self.detector, self.threshold, x_adv, y, self.targeted)
        return torch.where(per_example(through, x), x_adv, x.detach())
