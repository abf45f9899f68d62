"""The attack of Carlini and Wagner in the Euclidean norm."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from robustlib.attacks.adam import adam
from robustlib.attacks.straight_back import straight_back
from robustlib.attacks.tanh_box import from_box, to_box
from robustlib.door import check_inputs
from robustlib.geometry import L2, TINY, draws_of, per_example
from robustlib.gradient import clean_logits, evaluating, input_gradient, search_logits
from robustlib.interfaces import Attack, Images, Labels, Logits, PerExample
from robustlib.losses import margin, reached
from robustlib.precision import Precision

LARGEST = 1e10  # c grows no further: float32 must hold the square of c times a gradient


@dataclass(frozen=True)
class CarliniWagner:
    r"""The smallest perturbation that changes the label, by a weighted sum of its length and of the margin.

    .. math:: \min_w \|x'(w) - x\|_2^2 + c\, \max\left(f_y(x') - \max_{j \ne y} f_j(x') + \kappa,\ 0\right), \quad
              x'(w) = \tfrac12 + \tfrac1{2s} \tanh w

    by Adam on w. For each image c grows tenfold until an iterate is misclassified with confidence kappa, and is then
    bisected. The closest such iterate of all is drawn straight back to the boundary: departures are this last step and
    s = 0.7, where the paper's s = 1 leaves black and white pixels where they are (see `tanh_box`).
    `binary_search_steps=1` fixes c, as MadNet's tables do. A warm start brings its own first c: 4 d / |g| where the
    boundary is at a distance d and the margin's gradient is g, so that either side of it pulls as hard as the other:
    `CarliniWagner(1, 40, warm_start=DDN(20))` comes nearer on MNIST's LeNet than 9 x 100 steps without.

    Source: Carlini & Wagner 2017 (Towards evaluating), V-A (f_6), V-B and VI-A. Kind: minimum-norm; the clean image
    where it failed. Raises: ValueError unless binary_search_steps, steps >= 1, lr, c > 0, kappa >= 0, and a warm start
    is targeted where this is; when called, for bad images or labels, or a warm start that changes their shape.
    """

    binary_search_steps: int = 9  # values of c, >= 1
    steps: int = 1000  # gradient evaluations for each c, >= 1
    lr: float = 0.01  # Adam's rate, in units of w
    c: float = 1e-3  # first weight of the margin, > 0; a warm start may raise it
    kappa: float = 0.0  # confidence, in logits: by how much a wrong class must beat the label, >= 0
    targeted: bool = False  # then y are the targets, and the target must win by kappa
    abort_early: bool = True  # an image leaves a c when its sum has stopped falling
    warm_start: Attack | None = None  # where the search starts, e.g. DDN(); None: at the image
    precision: Precision = None  # of the search: "fast", torch.bfloat16; None is float32

    norm = L2()

    def __post_init__(self) -> None:
        if self.binary_search_steps < 1 or self.steps < 1:
            found = f"binary_search_steps={self.binary_search_steps}, steps={self.steps}"
            raise ValueError(f"CarliniWagner needs binary_search_steps >= 1 and steps >= 1, got {found}")
        if not (0 < self.lr < math.inf and 0 < self.c <= LARGEST and 0 <= self.kappa < math.inf):
            found = f"lr={self.lr}, c={self.c}, kappa={self.kappa}"
            raise ValueError(f"CarliniWagner needs lr > 0, 0 < c <= {LARGEST:g} and kappa >= 0, got {found}")
        if getattr(self.warm_start, "targeted", self.targeted) != self.targeted:  # Noise, for one, does not say
            raise ValueError(f"with targeted={self.targeted} the warm start must be so too, got {self.warm_start!r}")

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        check_inputs(model, x, y)
        x = x.detach()
        result = x.clone()
        rows = (~self._reached(self._clean(model, x, y), y)).nonzero()[:, 0] if len(x) else y
        if len(rows):
            with evaluating(model), torch.no_grad(), draws_of(len(x), rows):
                result[rows] = self._closest(model, x[rows], y[rows])
        return result

    def _clean(self, model: nn.Module, x: Images, y: Labels) -> Logits:
        """What the model says of the images, after checking that these are logits."""
        return clean_logits(model, x, y)

    def _reached(self, logits: Logits, y: Labels) -> Tensor:
        return reached(logits, y, self.kappa, self.targeted)

    def _gap(self, logits: Logits, y: Labels) -> PerExample:
        """By how much the attack is ahead; kappa is wanted."""
        return -margin(logits, y) if self.targeted else margin(logits, y)

    def _missing(self, logits: Logits, y: Labels) -> PerExample:
        return (self.kappa - self._gap(logits, y)).relu()

    def _closest(self, model: nn.Module, x: Images, y: Labels) -> Images:
        """The closest success over all values of c, for images that are not successes themselves."""
        start, best = x, x.clone()
        c = torch.full((len(x),), float(self.c), dtype=x.dtype, device=x.device)
        low, high, distance = torch.zeros_like(c), torch.full_like(c, torch.inf), torch.full_like(c, torch.inf)
        if self.warm_start is not None:
            start = self._start(self.warm_start, model, x, y)

            def gap(images: Images) -> tuple[Logits, PerExample]:
                logits = search_logits(model, images)
                return logits, self._gap(logits, y)

            logits, g = input_gradient(gap, start)
            success, length, slope = self._reached(logits, y), L2().size(start - x), L2().size(g).clamp(min=TINY)
            best[success], distance[success] = start[success], length[success]
            c = c.maximum(4 * (length + self._missing(logits, y) / slope) / slope).clamp(max=LARGEST)
        for _ in range(self.binary_search_steps):
            success = self._descend(model, x, y, start, c, best, distance)
            low, high = torch.where(success, low, c), torch.where(success, c, high)
            c = torch.where(high.isinf(), 10 * c, (low + high) / 2).clamp(max=LARGEST)
        return straight_back(lambda images: self._reached(search_logits(model, images), y), x, best)

    def _start(self, warm_start: Attack, model: nn.Module, x: Images, y: Labels) -> Images:
        start = warm_start(model, x, y).detach().to(x)
        if start.shape != x.shape:
            raise ValueError(f"the warm start turned images of shape {tuple(x.shape)} into {tuple(start.shape)}")
        return torch.where(start.isfinite(), start, x).clamp(0, 1)

    def _descend(
        self, model: nn.Module, x: Images, y: Labels, start: Images, c: PerExample, best: Images, distance: PerExample
    ) -> Tensor:
        """Minimise the sum with one c for each image; whether c brings it back. Closer successes go into `best`."""

        def scores(images: Images) -> tuple[Logits, PerExample]:
            logits = search_logits(model, images, self.precision)
            return logits, self._missing(logits, y)

        lost, back = torch.zeros_like(y, dtype=torch.bool), torch.zeros_like(y, dtype=torch.bool)
        rows = torch.arange(len(x), device=x.device)
        w, window, before = from_box(start), max(10, self.steps // 10), torch.full_like(c, torch.inf)
        mean, square = torch.zeros_like(w), torch.zeros_like(w)
        for t in range(1, self.steps + 2):  # the last step's image is looked at too, without a gradient
            moving, slope = to_box(w)
            logits, g = input_gradient(scores, moving) if t <= self.steps else (scores(moving)[0], moving)
            delta = moving - x
            length, won = L2().size(delta), self._reached(logits, y)
            closer = won & (length < distance[rows])
            if self.precision is not None and closer.any():
                won[closer.clone()] = self._reached(search_logits(model, moving[closer]), y[closer])
                closer &= won
            lost[rows] |= ~won
            back[rows] |= won & lost[rows]
            best[rows[closer]], distance[rows[closer]] = moving[closer], length[closer]
            direction, mean, square = adam((2 * delta + per_example(c, g) * g) * slope, mean, square, t)
            w -= self.lr * direction
            if self.abort_early and t % window == 0:
                total = length**2 + c * self._missing(logits, y)
                going, before = total <= 0.9999 * before, total
                if not going.all():
                    state = (x, y, c, w, mean, square, before, rows)
                    x, y, c, w, mean, square, before, rows = (part[going] for part in state)
                if len(rows) == 0:
                    break
        return back | ~lost
