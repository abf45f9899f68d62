"""Feature matching: walk an image's embedding to another class, then cross the boundary with margin steps."""

from dataclasses import dataclass, field

import torch
from torch import nn

from robustlib.attacks.climb import climb, is_broken
from robustlib.attacks.inputs import check_budget, check_inputs
from robustlib.geometry import Linf, Norm
from robustlib.gradient import evaluating, search_logits
from robustlib.interfaces import Images, Labels, Loss, Means
from robustlib.losses import logit, margin
from robustlib.models.classifier import Classifier
from robustlib.models.heads import NearestMeans


@dataclass(frozen=True, eq=False)
class FeatureMatching:
    r"""Move z(x') towards the mean embedding of another class, for every other class in turn.

    .. math:: \min_{\|x' - x\| \le \epsilon} \|z(x') - m_t\|_2^2 \quad \text{for } t \ne y,
              \text{ nearest } m_t \text{ first, then margin steps on the model}

    It needs no gradient of the head, so a saturated or detached head does not hide from it.

    Source: Sabour et al. 2016, equation 2, with class means as guides; this book's attack U2 on triplet embeddings.
    Kind: budget. Raises: ValueError unless eps >= 0, alpha > 0, steps >= 1, finish >= 0; TypeError for a model without
    body and head.
    """

    means: Means  # (k, d), the mean embedding of each class
    eps: float = 0.3  # radius, pixel units of [0, 1]
    steps: int = 40  # towards each class, >= 1
    finish: int = 20  # margin steps after them, >= 0
    alpha: float | None = None  # step, pixel units; None: 2.5 * eps / steps
    targets: int | None = None  # how many of the nearest other classes to try; None: all
    norm: Norm = field(default_factory=Linf)
    precision: torch.dtype | None = None

    loss: Loss = logit  # minus the squared distance to the target's mean, seen through NearestMeans
    targeted = False
    stop_early = False

    def __post_init__(self) -> None:
        check_budget(self.eps, self.alpha, self.steps)
        if self.targets is not None and self.targets < 1:
            raise ValueError(f"targets counts the classes to try and must be >= 1 or None, got {self.targets}")
        if self.finish < 0:
            raise ValueError(f"finish counts margin steps and must be >= 0, got {self.finish}")

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        classes = check_inputs(model, x, y)
        if not isinstance(model, Classifier):
            raise TypeError("FeatureMatching needs a Classifier(body, head): it reads the body's features")
        if len(x):
            with torch.no_grad(), evaluating(model):
                wanted = (classes, model.features(x[:1]).shape[1])
            if tuple(self.means.shape) != wanted:
                raise ValueError(
                    f"the means must have shape {wanted}, (classes, features), got {tuple(self.means.shape)}"
                )
        means = self.means.to(x.device)
        twin = Classifier(model.body, NearestMeans(means))
        x_adv = x.detach().clone()
        rows = torch.arange(len(x), device=x.device)
        with torch.no_grad(), evaluating(twin):
            away = search_logits(twin, x).scatter(1, y[:, None], -torch.inf)
        order = away.argsort(1, descending=True)[:, : len(means) - 1]
        for rank in range(min(self.targets or len(means), order.shape[1])):
            if len(rows) == 0:
                break
            x_adv[rows] = self._towards(twin, model, x[rows], y[rows], order[rows, rank])
            rows = rows[~is_broken(model, x_adv[rows], y[rows])]
        return x_adv

    def _towards(self, twin: nn.Module, model: nn.Module, x: Images, y: Labels, target: Labels) -> Images:
        """Match the features of one target class for each image, then take the margin steps from there."""
        alpha = self.alpha if self.alpha is not None else 2.5 * self.eps / self.steps

        def step(x_adv: Images, x: Images, g: Images, rows: torch.Tensor) -> Images:
            return self.norm.project(x_adv + alpha * self.norm.steepest(g), x, self.eps)

        x_adv = climb(self, twin, x, target, x, step)
        if self.finish == 0:
            return x_adv
        return climb(_Finish(self.finish, self.precision), model, x, y, x_adv, step)


@dataclass(frozen=True)
class _Finish:
    """The margin steps at the end, from where the features were matched."""

    steps: int
    precision: torch.dtype | None
    loss: Loss = margin
    targeted: bool = False
    stop_early: bool = True
