"""A classifier and a detector as one network: the logits, and the score as one more column."""

import torch
from torch import Tensor, nn

from robustlib.attacks.detector_aware import checked, scores
from robustlib.gradient import search_logits
from robustlib.interfaces import Detector, FeatureDetector, Features, Images, Logits, PerExample
from robustlib.models.classifier import Classifier, body_and_head


def finite(score: PerExample) -> PerExample:
    """The scores, if an attack can climb on them. Raises: ValueError for an infinite one."""
    if not score.isfinite().all():
        raise ValueError("the detector's score is infinite on the way, and cannot be climbed; use logsumexp")
    return score


class Pair(nn.Module):
    """Of any classifier and any detector: each looks at the images by itself."""

    def __init__(self, model: nn.Module, detector: Detector) -> None:
        super().__init__()
        self.model, self.detector = model, detector

    def forward(self, x: Images) -> Logits:
        return torch.cat([search_logits(self.model, x), finite(scores(self.detector, x))[:, None]], 1)


class PairHead(nn.Module):
    """Logits and score of the same features: where the detector reads the classifier's own, one forward does."""

    def __init__(self, head: nn.Module, detector: FeatureDetector) -> None:
        super().__init__()
        self.head, self.detector = head, detector

    def forward(self, z: Features) -> Tensor:
        return torch.cat([self.head(z), finite(checked(self.detector.score_features(z), len(z)))[:, None]], 1)


def pair(model: nn.Module, detector: Detector) -> nn.Module:
    """Images to (n, k + 1): the logits, then the score. On shared features half the cost, and the same numbers."""
    parts = body_and_head(model)
    if parts is not None and isinstance(detector, FeatureDetector) and detector.model is model:
        return Classifier(parts[0], PairHead(parts[1], detector))
    return Pair(model, detector)
