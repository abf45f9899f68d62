"""Feature matching: walk an image's embedding to another class, then cross the boundary with margin steps."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Int
from torch import Tensor, nn

from robustlib.attacks.climb import Rows, climb, is_broken
from robustlib.attacks.detector_aware import check_threshold, evades
from robustlib.attacks.inputs import check_budget
from robustlib.attacks.nearest_embeddings import nearest_of_each_class
from robustlib.door import check_answer, check_inputs, check_logits
from robustlib.geometry import Linf, Norm, per_example
from robustlib.gradient import evaluating, in_float32
from robustlib.interfaces import Detector, Features, Images, Labels, Loss, Means
from robustlib.losses import logit, margin
from robustlib.models.classifier import Classifier, body_and_head
from robustlib.models.heads import NearestMeans
from robustlib.precision import Precision

Classes = Int[Tensor, " k"]  # of the embeddings


@dataclass(frozen=True, eq=False)
class FeatureMatching:
    r"""Move z(x') towards a given embedding of another class, and if that fails towards the next.

    .. math:: \min_{\|x' - x\| \le \epsilon} \|z(x') - m_t\|_2^2 \quad \text{for } t \ne y,
              \text{ nearest } m_t \text{ first, then margin steps on the model}

    It needs no gradient of the head, so a saturated or detached head does not hide from it. The embeddings are the
    class means, or with `labels` any number of them for each class: as they are, or as images that the body embeds.
    The nearest of each class comes first, then the second nearest of each class, and so on.

    With a detector, reached means misclassified and accepted, and an image that is not is given up for the clean one.
    Towards training images it is the book's attack on kernel densities, which are high where those embeddings lie.

    Source: Sabour et al. 2016 (feature adversaries); in this book an adaptive attack on triplet embeddings, with class
    means as guides. Kind: budget. Raises: ValueError unless eps >= 0, alpha > 0, steps >= 1, finish >= 0, or if means,
    labels or detector do not fit; TypeError for a model without body and head.
    """

    means: Means | Images  # (k, d), one for each class; with labels (m, d), or images (m, c, h, w)
    eps: float = 0.3  # radius, pixel units of [0, 1]
    steps: int = 40  # towards each embedding, >= 1
    finish: int = 20  # margin steps after them, >= 0
    alpha: float | None = None  # step, pixel units; None: 2.5 * eps / steps
    targets: int | None = None  # how many of the embeddings to try; None: all of other classes
    norm: Norm = field(default_factory=Linf)
    precision: Precision = None
    labels: Labels | None = None  # (m,), the class of each embedding; None: 0 .. k-1
    detector: Detector | None = None  # score: higher is more normal
    threshold: float | None = None  # accepted from here upwards; see threshold_at

    loss: Loss = logit  # minus the squared distance to the target, seen through NearestMeans
    targeted = False
    stop_early = False

    def __post_init__(self) -> None:
        check_budget(self.eps, self.alpha, self.steps)
        if self.targets is not None and self.targets < 1:
            raise ValueError(f"targets counts the embeddings to try and must be >= 1 or None, got {self.targets}")
        if self.finish < 0:
            raise ValueError(f"finish counts margin steps and must be >= 0, got {self.finish}")
        if (self.detector is None) != (self.threshold is None):
            raise ValueError(f"a detector needs a threshold and a threshold a detector, got {self.threshold} alone")
        if self.detector is not None and self.threshold is not None:
            check_threshold(self.detector, self.threshold)

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        check_inputs(model, x, y)
        if not isinstance(model, Classifier) or body_and_head(model) is None:
            raise TypeError("FeatureMatching needs a plain Classifier(body, head): it reads the body's features")
        x = x.detach()
        x_adv = x.clone()
        if len(x) == 0:
            return x_adv
        with torch.no_grad(), evaluating(model), in_float32(x.device):
            z = model.features(x.clone())
            check_logits(logits := check_answer(model.head(z), len(x)), y)
            means, labels = self._embeddings(model, logits.shape[1], z)
        order, count = nearest_of_each_class(z, means, labels, y)
        rows = torch.arange(len(x), device=x.device)
        for rank in range(min(self.targets or len(means), len(means))):
            rows = rows[(rank < count)[rows]]
            if len(rows) == 0:
                break
            tried, target = order[rows, rank].unique(return_inverse=True)
            heads = means[tried] if len(tried) > 1 else means[tried].expand(2, -1)  # a classifier has two classes
            x_adv[rows] = self._towards(Classifier(model.body, NearestMeans(heads)), model, x[rows], y[rows], target)
            rows = rows[~self._reached(model, x_adv[rows], y[rows])]
        if self.detector is None:
            return x_adv
        return torch.where(per_example(self._reached(model, x_adv, y), x), x_adv, x)

    def _embeddings(self, model: Classifier, classes: int, z: Features) -> tuple[Means, Classes]:
        """The embeddings to match, on the device and in the precision of z, and their classes."""
        given, wanted = self.means.to(z), (classes, z.shape[1])
        if self.labels is None:
            if tuple(given.shape) != wanted:
                raise ValueError(f"the means must have shape {wanted}, (classes, features), got {tuple(given.shape)}")
            return given, torch.arange(classes, device=z.device)
        if given.ndim > 2:
            given = torch.cat([model.features(part.clone()) for part in given.split(250)])
        labels = self.labels.to(z.device)
        if given.shape[1:] != z.shape[1:] or labels.shape != given.shape[:1] or len(labels) == 0:
            found = f"{tuple(given.shape)} with labels of shape {tuple(labels.shape)}"
            raise ValueError(f"the means must have shape (m, {z.shape[1]}) and labels (m,), m >= 1, got {found}")
        if labels.min() < 0 or labels.max() >= classes:
            raise ValueError(f"the means' labels must lie in 0 .. {classes - 1}, got {labels.min()} .. {labels.max()}")
        return given, labels

    def _reached(self, model: nn.Module, x_adv: Images, y: Labels) -> Tensor:
        if self.detector is None or self.threshold is None:
            return is_broken(model, x_adv, y)
        return evades(model, self.detector, self.threshold, x_adv, y)

    def _towards(self, twin: nn.Module, model: nn.Module, x: Images, y: Labels, target: Labels) -> Images:
        """Match the features of one target for each image, then take the margin steps from there."""
        alpha = self.alpha if self.alpha is not None else 2.5 * self.eps / self.steps

        def step(x_adv: Images, x: Images, g: Images, rows: Rows) -> Images:
            return self.norm.project(x_adv + alpha * self.norm.steepest(g), x, self.eps)

        x_adv = climb(self, twin, x, target, step)
        if self.finish == 0:
            return x_adv
        return climb(_Finish(self.finish, self.precision), model, x, y, step, lambda _: x_adv)


@dataclass(frozen=True)
class _Finish:
    """The margin steps at the end, from where the features were matched."""

    steps: int
    precision: Precision
    loss: Loss = margin
    targeted: bool = False
    stop_early: bool = True
