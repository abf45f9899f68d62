"""The attack of Carlini and Wagner in a cube of fixed size, as AT2L's tables have it."""

import math
from dataclasses import dataclass

import torch
from torch import nn

from robustlib.attacks.adam import adam
from robustlib.attacks.inputs import check_budget
from robustlib.door import check_inputs, check_logits
from robustlib.geometry import Linf, per_example
from robustlib.gradient import evaluating, input_gradient, search_logits
from robustlib.interfaces import Images, Labels, Logits, PerExample
from robustlib.losses import margin, reached, shortfall
from robustlib.precision import Precision


@dataclass(frozen=True)
class CarliniWagnerLinf:
    r"""Raise the margin, and pay for every pixel that leaves the cube of radius eps.

    .. math:: \min_{x' \in [0,1]} c\, \max\left(f_y(x') - \max_{j \ne y} f_j(x') + \kappa,\ 0\right)
              + \sum_i \max\left(|x'_i - x_i| - \epsilon,\ 0\right)

    by Adam on the pixels. Each image's c is multiplied by `factor` after `steps` steps, below `largest_c`, until its
    projection to the cube is misclassified with confidence kappa. Adam's state lives on from c to c. Released code
    projects the result only (`project=False`); here every iterate is projected, so that nothing is paid: stronger.

    Source: Tramèr et al. 2018 (released code), after Carlini & Wagner 2017, section VI-C; constants of the supplement
    of AT2L (Li et al. 2019). Kind: budget. Raises: ValueError unless eps >= 0, steps >= 1, lr > 0, 0 < c < largest_c,
    factor >= 1.01, kappa >= 0; when called, for bad images or labels.
    """

    eps: float = 0.3  # radius, pixel units of [0, 1]
    steps: int = 1000  # gradient evaluations for each c, >= 1
    lr: float = 5e-3  # Adam's rate, pixel units, > 0
    c: float = 1e-3  # first weight of the margin, > 0
    largest_c: float = 2.0  # an image whose c has come this far is given up
    factor: float = 2.0  # by which c grows, >= 1.01
    kappa: float = 0.0  # confidence, in logits: by how much a wrong class must beat the label, >= 0
    targeted: bool = False  # then y are the targets, and the target must win by kappa
    project: bool = True  # False: as in the released code, only the result
    abort_early: bool = True  # an image takes the next c when its sum has stopped falling
    precision: Precision = None  # of the search: "fast", torch.bfloat16; None is float32

    norm = Linf()

    def __post_init__(self) -> None:
        check_budget(self.eps, None, self.steps)
        if not (0 < self.lr < math.inf and 0 <= self.kappa < math.inf):
            raise ValueError(f"CarliniWagnerLinf needs lr > 0 and kappa >= 0, got lr={self.lr}, kappa={self.kappa}")
        if not (0 < self.c < self.largest_c < math.inf and 1.01 <= self.factor < math.inf):
            found = f"c={self.c}, largest_c={self.largest_c}, factor={self.factor}"
            raise ValueError(f"CarliniWagnerLinf needs 0 < c < largest_c and factor >= 1.01, got {found}")

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        check_inputs(model, x, y)
        x = moving = x.detach()
        result, rows, t = x.clone(), torch.arange(len(x), device=x.device), 0
        mean, square = torch.zeros_like(x), torch.zeros_like(x)
        weights = torch.tensor(self._weights(), dtype=x.dtype, device=x.device)  # the last is never used
        age, which, before = torch.zeros_like(y), torch.zeros_like(y), torch.full_like(y, torch.inf, dtype=x.dtype)
        window = max(10, self.steps // 10)

        def scores(images: Images) -> tuple[Logits, PerExample]:
            logits = search_logits(model, images, self.precision)
            if t == 0:
                check_logits(logits, y)
            if self.project:  # no penalty to trade with, and what float32 does not confirm must not stand still
                return logits, margin(logits, y) * (1 if self.targeted else -1)
            return logits, shortfall(logits, y, self.kappa, self.targeted)

        with evaluating(model), torch.no_grad():
            while len(rows):
                logits, g = input_gradient(scores, moving)
                inside = self.norm.project(moving, x, self.eps)
                over = (moving - inside).abs_()
                won = reached(logits, y, self.kappa, self.targeted)
                if won.any() and not (self.project and self.precision is None):
                    exact = search_logits(model, inside[won])
                    won[won.clone()] = reached(exact, y[won], self.kappa, self.targeted)
                leaves, c = won | (which == len(weights) - 1), weights[which]
                result[rows[leaves]] = inside[leaves]
                total = c * shortfall(logits, y, self.kappa, self.targeted) + over.flatten(1).sum(1)
                t, age = t + 1, age + 1
                looks = age % window == 0
                tired = looks & (total > 0.9999 * before) if self.abort_early else torch.zeros_like(won)
                before = torch.where(looks, total, before)
                tired |= age >= self.steps
                pull = per_example(c, g) * g + (moving - inside).sign_()
                direction, mean, square = adam(pull, mean, square, t)
                moving = (moving - self.lr * direction).clamp_(0, 1)
                if self.project:
                    moving = self.norm.project(moving, x, self.eps)
                which = which + tired
                age, before = age.masked_fill(tired, 0), before.masked_fill(tired, torch.inf)
                if leaves.any():
                    state = (x, y, which, moving, mean, square, age, before, rows)
                    x, y, which, moving, mean, square, age, before, rows = (part[~leaves] for part in state)
        return result

    def _weights(self) -> list[float]:
        """The values of c, smallest first, up to the first that is too large."""
        values = [float(self.c)]
        while values[-1] < self.largest_c:
            values.append(values[-1] * self.factor)
        return values
