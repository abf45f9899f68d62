"""A classifier that may refuse: the predicted label, or NOT SURE."""

from dataclasses import dataclass
from math import isfinite

import torch
from torch import Tensor, nn

from robustlib.door import check_batch, check_images, check_logits, check_model, check_size
from robustlib.gradient import evaluating, search_logits
from robustlib.interfaces import Detector, Images, Labels
from robustlib.modes import seeded

NOT_SURE = -1  # no class has this label, so it never counts as right


@dataclass(frozen=True, eq=False)
class Guarded:
    """The thresholding strategy: the label is returned where the detector's score reaches the threshold.

    Source: Pang et al. 2018, section 3.3, which asks for a score above T; at T itself an image is accepted here, as
    `attacks.threshold_at` and the attacks count it.
    Raises: TypeError for a detector without `score`; ValueError unless the threshold is finite; when predicting, for a
    score that is NaN or not one number for each image.
    """

    model: nn.Module
    detector: Detector  # score: higher is more normal
    threshold: float  # accepted from here upwards; see attacks.threshold_at

    def __post_init__(self) -> None:
        if not callable(getattr(self.detector, "score", None)):
            raise TypeError(
                f"a detector has a method score(x), higher for more normal images, got {self.detector!r:.80}"
            )
        if isinstance(self.threshold, bool) or not isinstance(self.threshold, int | float):
            raise TypeError(f"the detector's threshold must be a number, got {self.threshold!r:.80}; see threshold_at")
        if not isfinite(self.threshold):
            raise ValueError(f"the threshold must be finite, got {self.threshold}; see attacks.threshold_at")

    def predict(self, x: Images, batch: int = 500, seed: int = 0) -> Labels:
        """A class in 0 .. k-1 for each image, or NOT_SURE, in eval mode and float32. Shapes: (n, c, h, w) -> (n,).

        A model or detector that draws random numbers draws them from the seed; the generators are restored.
        """
        check_size(batch)
        check_images(x)
        with seeded(seed, "clean", x.device):
            return self._predict(x, batch=batch)

    def verdicts(self, x: Images, y: Labels, seed: int = 0) -> dict[str, int]:
        """How many images are right, refused ("not sure"), and fooled: misread and accepted. Seeded as `predict`.

        Raises: ValueError as `predict`, and unless y holds one class of the model for each image.
        """
        check_batch(x, y)
        with seeded(seed, "clean", x.device):
            says = self._predict(x, y)
        right, refused = int((says == y).sum()), int((says == NOT_SURE).sum())
        return {"right": right, "not sure": refused, "fooled": len(y) - right - refused}

    @torch.no_grad()
    def _predict(self, x: Images, y: Labels | None = None, batch: int = 500) -> Labels:
        check_model(self.model, x)
        pair = nn.ModuleList([m for m in (self.model, self.detector) if isinstance(m, nn.Module)])
        with evaluating(pair), torch.autocast(x.device.type, enabled=False):
            parts = [(x[at : at + batch], None if y is None else y[at : at + batch]) for at in range(0, len(x), batch)]
            return torch.cat([torch.zeros(0, dtype=torch.int64, device=x.device), *(self._part(*p) for p in parts)])

    def _part(self, x: Images, y: Labels | None) -> Labels:
        logits, score = search_logits(self.model, x), self.detector.score(x.clone())
        check_logits(logits, y)
        if not isinstance(score, Tensor) or score.shape != logits.shape[:1]:
            found = tuple(score.shape) if isinstance(score, Tensor) else type(score).__name__
            raise ValueError(f"the detector must give one score for each of {len(x)} images, got {found}")
        if score.isnan().any():
            raise ValueError("the detector's score is NaN, which is below no threshold: the image would be accepted")
        return logits.argmax(1).masked_fill(score < self.threshold, NOT_SURE)
