"""DDN: the direction of the perturbation and its norm are searched apart."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from robustlib.attacks.nearest import Nearest
from robustlib.door import check_inputs, check_logits
from robustlib.geometry import L2, TINY, per_example
from robustlib.gradient import clean_logits, evaluating, pulled_back, search_logits
from robustlib.interfaces import Images, Labels, Logits
from robustlib.precision import Precision

FLATTEST = 0.01  # the last step's length, in pixel units; the first is 1, a cosine between them


@dataclass(frozen=True)
class DDN:
    r"""Turn the perturbation along the gradient; shrink its norm where it breaks the image, let it grow where not.

    .. math:: \delta_k = \delta_{k-1} + \alpha_k \frac{g_k}{\|g_k\|_2}, \quad
              \epsilon_k = (1 \mp \gamma)\, \epsilon_{k-1}, \quad
              x_k = \mathrm{clip}_{[0,1]}\left(x + \epsilon_k \frac{\delta_k}{\|\delta_k\|_2}\right)

    with - where :math:`x_{k-1}` is broken and + where it is not, and :math:`\alpha_k` falling from 1 to 0.01 along a
    cosine. The nearest broken iterate is the result.

    :math:`g_k` is the gradient of the cross-entropy (targeted, minus it), taken from
    :math:`\log \sum_{j \ne y} e^{f_j} - f_y`, which points the same way and never rounds to zero where the network is
    sure of itself. Departures: :math:`\delta_k` goes on as :math:`x_k - x`, as in the authors' code; without `levels`
    the result is drawn back to the boundary along its way from the clean image (about two forwards more).

    Source: Rony et al. 2019 (Decoupling direction and norm). Kind: minimum-norm (L2); the clean image where it failed.
    Raises: ValueError unless steps >= 1, eps > 0, 0 < gamma < 1 and levels >= 1 or None; when called, for bad images
    or labels.
    """

    steps: int = 100  # gradient evaluations, >= 1
    gamma: float = 0.05  # by which share the norm changes at each step, 0 .. 1
    eps: float = 1.0  # the first norm, pixel units, > 0
    targeted: bool = False  # then y are the targets
    levels: int | None = None  # 255: every broken pixel value is a multiple of 1/255, and survives an 8-bit file
    precision: Precision = None  # of the search: "fast", torch.bfloat16; None is float32

    norm = L2()

    def __post_init__(self) -> None:
        if self.steps < 1 or not 0 < self.gamma < 1 or not 0 < self.eps < math.inf:
            found = f"steps={self.steps}, gamma={self.gamma}, eps={self.eps}"
            raise ValueError(f"DDN needs steps >= 1, 0 < gamma < 1 and a finite eps > 0, got {found}")
        if self.levels is not None and self.levels < 1:
            raise ValueError(f"levels counts the steps between 0 and 1, 255 for 8 bits; or None, got {self.levels}")

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        check_inputs(model, x, y)
        x = x.detach()
        result, g = x.clone(), None
        if len(x) == 0:
            return result
        with evaluating(model), torch.no_grad():
            if self.precision is None:  # the first gradient's forward is the look at the clean images, too
                logits, g = self._look(model, x, y, clean=True)
            else:
                logits = clean_logits(model, x, y)
            rows = (~self._broken(logits, y)).nonzero()[:, 0]
            if len(rows):
                result[rows] = self._search(model, x[rows], y[rows], logits[rows], None if g is None else g[rows])
        return result

    def _search(self, model: nn.Module, x: Images, y: Labels, logits: Logits, g: Images | None) -> Images:
        """The nearest broken iterate of each image, none of which is broken itself; the image where there is none.

        logits are those at x, and g the gradient there, where it is known.
        """
        if g is None:
            g = self._look(model, x, y)[1]
        x_k, delta = x, torch.zeros_like(x)
        found = Nearest(x, y, x.clone(), x.new_full((len(x),), math.inf), self.norm, self.targeted, logits)
        eps, largest = x.new_full((len(x),), float(self.eps)), self.norm.size(torch.maximum(x, 1 - x))
        shrink, grow = x.new_tensor([1 - self.gamma, 1 + self.gamma])
        broken = torch.zeros_like(y, dtype=torch.bool)
        for k in range(self.steps):
            alpha = FLATTEST + (1 - FLATTEST) * (1 + math.cos(math.pi * k / self.steps)) / 2
            delta.add_(self.norm.steepest(g), alpha=alpha)
            eps = eps.mul_(torch.where(broken, shrink, grow)).minimum(largest)
            delta.mul_(per_example(eps / self.norm.size(delta).clamp_(min=TINY), delta))
            x_k = self._in_the_box(delta.add_(x))
            delta = x_k - x
            if k < self.steps - 1:
                logits, g = self._look(model, x_k, y)
            else:
                logits = search_logits(model, x_k, self.precision)
            broken = found.keep(model, x_k, self.norm.size(delta), logits, self.precision is not None)
        if self.levels is None:
            found.draw_back(model)
        return found.x_adv

    def _look(self, model: nn.Module, images: Images, y: Labels, clean: bool = False) -> tuple[Logits, Images]:
        """The logits, and the gradient of how far the others are ahead of the label; targeted, the other way round."""

        def logits_of(images: Images) -> Logits:
            logits = search_logits(model, images, self.precision)
            if clean:
                check_logits(logits, y)
            return logits

        def weights(logits: Logits) -> Logits:
            others = logits.scatter(1, y[:, None], -torch.inf).softmax(1).scatter_(1, y[:, None], -1.0)
            return -others if self.targeted else others

        return pulled_back(logits_of, weights, images)

    def _broken(self, logits: Logits, y: Labels) -> Tensor:
        return logits.argmax(1) == y if self.targeted else logits.argmax(1) != y

    def _in_the_box(self, x_adv: Images) -> Images:
        if self.levels is not None:
            x_adv = (x_adv * self.levels).round() / self.levels
        return x_adv.clamp_(0, 1)
