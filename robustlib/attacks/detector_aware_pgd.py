"""Projected gradient descent against a classifier and a detector at once."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from robustlib.attacks.detector_aware import (
    both_evaluating,
    check_detector,
    check_threshold,
    evades,
    scores,
)
from robustlib.attacks.guides import Guide, selective
from robustlib.attacks.inputs import check_budget
from robustlib.door import OF_A_SCORE, check_inputs, check_logits
from robustlib.geometry import L2, Linf, Norm, draws_of, per_example
from robustlib.gradient import input_gradient, search_logits
from robustlib.interfaces import Detector, Images, Labels, Loss
from robustlib.losses import margin
from robustlib.precision import Precision


@dataclass(frozen=True)
class DetectorAwarePGD:
    r"""PGD that ends where an image is misclassified and accepted: f errs and s(x') >= tau.

    .. math:: x_{t+1} = \Pi_{B_\epsilon(x) \cap [0,1]}\left(x_t + \alpha_t\, \ell\, \frac{g}{\|g\|_2}\right), \quad
              g = \mathrm{guide}(\nabla_x L(x_t, y), \nabla_x s(x_t)), \quad \alpha_t = \alpha (1 - t / steps)

    Steps go along the gradient, in either ball; :math:`\ell` makes them as long as the ball's own steepest step. Signs
    taken by turns cancel out pixel by pixel instead of adding up to a mixture: in the cube they miss perturbations that
    fool both. The step shrinks, so that two aims, reached by turns, can be reached together. An image is left at its
    first success. One that never succeeds is given up for the clean image, as a last iterate that is misclassified and
    rejected would be counted as broken by whoever asks the classifier alone.

    Source: Bryniarski et al. 2021, section 4. Kind: budget, but the clean image where it failed.
    Raises: ValueError unless eps >= 0, alpha > 0, steps and restarts >= 1, threshold finite; when called, for bad
    images, labels or scores.
    """

    detector: Detector  # score: higher is more normal
    threshold: float  # tau: accepted from here upwards; see threshold_at
    eps: float = 0.3  # radius, pixel units of [0, 1]
    steps: int = 100  # gradient evaluations of each, >= 1
    alpha: float | None = None  # first step, pixel units; None: eps / 4
    restarts: int = 1  # runs from new starts, each on the images that do not evade yet, >= 1
    random_start: bool = True
    guide: Guide = selective
    norm: Norm = field(default_factory=Linf)
    loss: Loss = margin
    targeted: bool = False  # then y are the targets, and the loss is descended
    precision: Precision = None  # of the classifier's search; the detector's score stays float32

    def __post_init__(self) -> None:
        check_budget(self.eps, self.alpha, self.steps)
        check_threshold(self.detector, self.threshold)
        if self.restarts < 1:
            raise ValueError(f"DetectorAwarePGD needs restarts >= 1, got {self.restarts}")

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        check_inputs(model, x, y)
        check_detector(self.detector, x, gradient=True)
        x, rows = x.detach(), torch.arange(len(x), device=x.device)
        result = x.clone()
        with both_evaluating(model, self.detector), torch.no_grad():
            for _ in range(self.restarts):
                with draws_of(len(x), rows):
                    result[rows] = self._run(model, x[rows], y[rows])
                rows = rows[~self._evades(model, result[rows], y[rows])]
                if len(rows) == 0:
                    break
            result[rows] = x[rows]
        return result

    def _evades(self, model: nn.Module, x_adv: Images, y: Labels) -> Tensor:
        return evades(model, self.detector, self.threshold, x_adv, y, self.targeted)

    def _run(self, model: nn.Module, x: Images, y: Labels) -> Images:
        """One run from one start; an image stays at its first success."""
        sign = -1.0 if self.targeted else 1.0
        alpha = self.eps / 4 if self.alpha is None else self.alpha
        moving = self.norm.project(x + self.norm.sample(x, self.eps), x, self.eps) if self.random_start else x
        result, rows, first = moving.clone(), torch.arange(len(x), device=x.device), True

        def label(images: Images) -> tuple[Tensor, Tensor]:
            logits = search_logits(model, images, self.precision)
            if first:
                check_logits(logits, y)
            return logits, sign * self.loss(logits, y)

        def score(images: Images) -> tuple[Tensor, Tensor]:
            found = scores(self.detector, images)
            return found, found

        for t in range(self.steps if len(x) else 0):
            logits, g_label = input_gradient(label, moving)
            first = False
            found, g_score = input_gradient(score, moving, **OF_A_SCORE)
            fooled = (logits.argmax(1) == y) == self.targeted
            through = fooled & (found >= self.threshold)
            if self.precision is not None and through.any():
                through[through.clone()] = self._evades(model, moving[through], y[through])
            if through.any():
                result[rows[through]] = moving[through]
                state = (moving, x, y, rows, fooled, g_label, g_score)
                moving, x, y, rows, fooled, g_label, g_score = (part[~through] for part in state)
            if len(rows) == 0:
                return result
            g = self.guide(L2().steepest(g_label), L2().steepest(g_score), fooled)
            length = alpha * (1 - t / self.steps) * L2().size(self.norm.steepest(g))
            moving = self.norm.project(moving + per_example(length, x) * L2().steepest(g), x, self.eps)
        result[rows] = moving
        return result
