"""DDN: the direction of the perturbation and its norm are searched apart."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from robustlib.attacks.nearest import Nearest
from robustlib.door import check_inputs
from robustlib.geometry import L2, TINY, per_example
from robustlib.gradient import clean_logits, evaluating, input_gradient, search_logits
from robustlib.interfaces import Images, Labels, Logits, PerExample
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
    the result is drawn back to the boundary by halving its way from the clean image.

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
        result = x.clone()
        if len(x) == 0:
            return result
        rows = (~self._broken(clean_logits(model, x, y), y)).nonzero()[:, 0]
        with evaluating(model), torch.no_grad():
            if len(rows):
                result[rows] = self._search(model, x[rows], y[rows])
        return result

    def _search(self, model: nn.Module, x: Images, y: Labels) -> Images:
        """The nearest broken iterate of each image, none of which is broken itself; the image where there is none."""

        def scores(images: Images) -> tuple[Logits, PerExample]:
            logits = search_logits(model, images, self.precision)
            others = logits.scatter(1, y[:, None], -torch.inf).logsumexp(1)
            ahead = others - logits.gather(1, y[:, None])[:, 0]
            return logits, -ahead if self.targeted else ahead

        confirm, rows = self.precision is not None, torch.arange(len(x), device=x.device)
        nearest = Nearest(x, y, x.clone(), x.new_full((len(x),), math.inf), self.norm, self.targeted)
        eps, largest = x.new_full((len(x),), float(self.eps)), self.norm.size(torch.maximum(x, 1 - x))
        x_k = x
        for k in range(self.steps):
            logits, g = input_gradient(scores, x_k)
            broken = nearest.record(model, rows, x_k, self._broken(logits, y), confirm)
            alpha = FLATTEST + (1 - FLATTEST) * (1 + math.cos(math.pi * k / self.steps)) / 2
            delta = x_k - x + alpha * self.norm.steepest(g)
            eps = (eps * torch.where(broken, 1 - self.gamma, 1 + self.gamma)).minimum(largest)
            delta = delta * per_example(eps / self.norm.size(delta).clamp(min=TINY), delta)
            x_k = self._in_the_box(x + delta)
        nearest.record(model, rows, x_k, self._broken(search_logits(model, x_k, self.precision), y), confirm)
        if self.levels is None:
            nearest.halve(model)
        return nearest.x_adv

    def _broken(self, logits: Logits, y: Labels) -> Tensor:
        return (logits.argmax(1) == y) == self.targeted

    def _in_the_box(self, x_adv: Images) -> Images:
        if self.levels is not None:
            x_adv = (x_adv * self.levels).round() / self.levels
        return x_adv.clamp(0, 1)
