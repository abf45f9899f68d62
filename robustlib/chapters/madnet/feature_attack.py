"""The feature attack: turn an image's embedding towards the mean of another class, then cross the boundary."""

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from robustlib.attacks.inputs import check_budget
from robustlib.door import check_inputs
from robustlib.geometry import Linf
from robustlib.gradient import clean_logits, evaluating, input_gradient
from robustlib.interfaces import Features, Images, Labels, Logits, Means, PerExample
from robustlib.losses import cosine, margin
from robustlib.models import Classifier
from robustlib.models.classifier import body_and_head


@dataclass(frozen=True, eq=False)
class FeatureAttack:
    r"""Towards one class after another, the nearest by angle first; an image is left at its first broken iterate.

    .. math:: \max_{\|\delta\|_\infty \le \epsilon} \cos\left(z(x + \delta), \mu_t\right), \quad
              \text{then } \max_\delta m\left(f(x + \delta), y\right) \text{ from there}

    MadNet's Siamese loss shapes these angles. No gradient of the head is needed until the last steps on the margin m.
    Source: adaptive attack of this book on MadNet (Rozenberg et al. 2020), whose losses
    it turns round. Kind: budget. Raises: ValueError unless eps >= 0, steps and targets >= 1 and finish >= 0; when
    called, for bad images, labels or means; TypeError for a model that is no plain Classifier.
    """

    means: Means  # (k, d), the mean training embedding of each class; NaN for a class without one
    eps: float = 0.3  # radius, pixel units of [0, 1]
    steps: int = 40  # towards each class, >= 1, of 2.5 * eps / steps
    finish: int = 20  # on the margin after them, >= 0, as long
    targets: int = 9  # how many classes are tried, >= 1

    norm = Linf()
    targeted = False

    def __post_init__(self) -> None:
        check_budget(self.eps, None, self.steps)
        if self.targets < 1 or self.finish < 0:
            raise ValueError(f"need targets >= 1 and finish >= 0, got targets={self.targets}, finish={self.finish}")

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        check_inputs(model, x, y)
        if not isinstance(model, Classifier) or body_and_head(model) is None:
            raise TypeError("the feature attack needs a plain Classifier(body, head): it reads the body's features")
        result = x.detach().clone()
        rows = (clean_logits(model, result, y).argmax(1) == y).nonzero()[:, 0]
        order = self._order(model, result, y)
        for rank in range(min(self.targets, order.shape[1])):
            rows = rows[order[rows, rank] >= 0]
            if len(rows) == 0:
                break
            result[rows], broken = self._towards(model, x[rows].detach(), y[rows], order[rows, rank])
            rows = rows[~broken]
        return result

    @torch.no_grad()
    def _order(self, model: Classifier, x: Images, y: Labels) -> Tensor:
        """The other classes of each image, the nearest first; -1 behind the last that has a mean."""
        with evaluating(model):
            z = model.features(x.clone())
        if self.means.ndim != 2 or self.means.shape[1] != z.shape[1]:
            raise ValueError(f"means of shape (classes, {z.shape[1]}) are needed, got {tuple(self.means.shape)}")
        means = self.means.to(z)
        near = torch.stack([cosine(z, mean.expand_as(z)) for mean in means.nan_to_num()], 1)
        none = means.isnan().any(1)[None] | (torch.arange(len(means), device=z.device)[None] == y[:, None])
        best = near.masked_fill(none, -torch.inf).sort(dim=1, descending=True, stable=True)
        return torch.where(best.values.isinf(), -1, best.indices)

    def _towards(self, model: Classifier, x: Images, y: Labels, target: Labels) -> tuple[Images, Tensor]:
        """The images after a walk to one class each, and which of them are broken."""
        moving, rows, toward = x, torch.arange(len(x), device=x.device), self.means.to(x)[target]
        alpha = 2.5 * self.eps / self.steps
        result, broken = x.clone(), torch.zeros_like(y, dtype=torch.bool)
        with evaluating(model), torch.no_grad():
            for step in range(self.steps + self.finish + 1):  # the last iterate is looked at, too
                climbed = partial(_scores, model, y, toward if step < self.steps else None)
                logits, g = input_gradient(climbed, moving)
                won = logits.argmax(1) != y
                result[rows], broken[rows] = moving, won
                moving, x, y, toward, g, rows = (part[~won] for part in (moving, x, y, toward, g, rows))
                if len(rows) == 0:
                    break
                moving = self.norm.project(moving.add(self.norm.steepest(g), alpha=alpha), x, self.eps)
        return result, broken


def _scores(model: Classifier, y: Labels, toward: Features | None, x: Images) -> tuple[Logits, PerExample]:
    """The logits, and what is climbed: the cosine to an embedding, or without one the margin."""
    z = model.features(x.clone())
    logits = model.head(z)
    return logits, margin(logits, y) if toward is None else cosine(z, toward)
