"""T2 of the chapter: an attacker who climbs the very triplet that AT2L was trained to keep small."""

from dataclasses import dataclass

import torch
from torch import nn

from robustlib.attacks import PGD
from robustlib.geometry import Linf
from robustlib.gradient import clean_logits
from robustlib.interfaces import Images, Labels, Logits, PerExample
from robustlib.losses.norm_triplet import norm_distance
from robustlib.precision import Precision


@dataclass(frozen=True, eq=False)
class TripletPGD:
    r"""Away from the image's own clean logits, towards the nearest logits of an image of another class.

    .. math:: \max_{\|x' - x\|_\infty \le \epsilon} \|f(x') - f(x)\|_\infty - \min_{y_n \ne y} \|f(x') - f(x_n)\|_\infty

    The negatives x^n are handed in once as their logits, so that images do not influence each other. PGD from a random
    start, to its last step.
    Source: in this book the adaptive attack on AT2L (Li et al. 2019, equation 2). Kind: budget.
    Raises: when called, ValueError for an image whose class all negatives have, and as `PGD`.
    """

    logits: Logits  # of the negatives, f(x^n)
    labels: Labels  # their classes
    eps: float = 0.3  # radius, pixel units of [0, 1]
    steps: int = 100
    alpha: float | None = None  # step, pixel units; None: 2.5 * eps / steps
    precision: Precision = None  # of the search: "fast" or a dtype; None is float32

    norm = Linf()
    targeted = False
    stop_early = False

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        if len(x) == 0:
            return x.detach().clone()
        own = (y[:, None] == self.labels[None]).to(x.device)
        if own.all(1).any():
            raise ValueError(f"no negative for class {y[own.all(1)][0].item()}: hand in logits of several classes")
        clean, negatives = clean_logits(model, x, y).detach(), self.logits.to(x.device)

        def loss(logits: Logits, _: Labels) -> PerExample:
            far = norm_distance(logits[:, None], negatives[None]).masked_fill(own, torch.inf)
            return norm_distance(logits, clean) - far.amin(1)

        return PGD(self.eps, self.steps, self.alpha, loss=loss, precision=self.precision)(model, x, y)
