"""The fast adaptive boundary attack, targeted: along the linearised boundary to each other class in turn."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Int
from torch import Tensor, nn

from robustlib.attacks.hyperplane import onto_hyperplane
from robustlib.attacks.inputs import check_budget
from robustlib.attacks.nearest import Nearest, Rows
from robustlib.door import check_inputs
from robustlib.geometry import L2, Linf, Norm, draws_of, per_example
from robustlib.gradient import clean_logits, evaluating, input_gradient, search_logits
from robustlib.interfaces import Images, Labels, Logits, PerExample
from robustlib.losses import logit
from robustlib.precision import Precision

SHORTEST = 8  # roundings of a pixel: a shorter step may be lost in the last digit, and the boundary never crossed


@dataclass(frozen=True)
class FAB:
    r"""Step to the linearised boundary of a class t, drawn back towards the clean image; step back after a success.

    .. math:: x_{i+1} = \mathrm{clip}_{[0,1]}\left((1 - \alpha)\,(x_i + \eta\, d(x_i)) + \alpha\,(x + \eta\, d(x))
              \right), \quad \alpha = \min\left(\frac{\|d(x_i)\|}{\|d(x_i)\| + \|d(x)\|}, \alpha_{\max}\right)

    where d(z) is the smallest step from z, inside the box, onto the hyperplane
    :math:`f_t - f_y + \langle\nabla(f_t - f_y), \cdot - x_i\rangle = 0`. A broken iterate is recorded and replaced by
    :math:`x + \beta (x_{i+1} - x)`. At the end the segment from x to the nearest broken point is halved.

    Two departures: the hyperplane is taken at the iterate before it steps back, so that one forward checks it and
    gives the next gradient (half the forwards, and smaller norms in our measurements); the final search halves
    where the paper interpolates three times. No step is shorter than the pixels resolve. Images that are wrong already
    come back as they are.

    Source: Croce & Hein 2020 (FAB); the targets as in their AutoAttack (Croce & Hein 2020b, section 5).
    Kind: minimum-norm. With an eps it is AutoAttack's budget attack: an image leaves the search at its first broken
    point inside the ball, and one that has none comes back clean, not as its last iterate.
    Raises: ValueError for a field outside its range, or a norm that is neither Linf nor L2; when called, for bad
    images or labels, and for logits or gradients that turn NaN or infinite.
    """

    eps: float | None = None  # radius, pixel units of [0, 1]; None: the smallest perturbation, whatever its size
    steps: int = 100  # gradient evaluations for each target and restart, >= 1
    targets: int | None = 9  # how many of the likeliest other classes to walk to, >= 1; None: all
    restarts: int = 1  # walks to each target, >= 1; the first from the clean image, the others from a random point
    alpha_max: float = 0.1  # largest pull towards the clean image, 0 .. 1
    eta: float = 1.05  # overshoot across the boundary, >= 1
    beta: float = 0.9  # what is kept of the way after a success, 0 .. 1
    norm: Norm = field(default_factory=Linf)
    precision: Precision = None  # of the search: "fast", torch.bfloat16; None is float32

    def __post_init__(self) -> None:
        check_budget(0.0 if self.eps is None else self.eps, None, self.steps)
        if self.targets is not None and self.targets < 1:
            raise ValueError(f"targets counts the classes to try and must be >= 1 or None, got {self.targets}")
        if self.restarts < 1:
            raise ValueError(f"restarts counts the walks to each target and must be >= 1, got {self.restarts}")
        if not (0 <= self.alpha_max <= 1 and 1 <= self.eta < float("inf") and 0 <= self.beta <= 1):
            got = f"alpha_max={self.alpha_max}, eta={self.eta}, beta={self.beta}"
            raise ValueError(f"FAB needs alpha_max and beta in 0 .. 1 and a finite eta >= 1, got {got}")
        if not isinstance(self.norm, Linf | L2):
            raise ValueError(f"FAB minimises the norm Linf() or L2(), got {self.norm}")

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        check_inputs(model, x, y)
        x = x.detach()
        nearest = Nearest(x, y, x.clone(), x.new_full((len(x),), torch.inf), self.norm)
        if len(x) == 0:
            return nearest.x_adv
        logits = clean_logits(model, x, y)
        classes = logits.shape[1]
        with evaluating(model), torch.no_grad():
            rows = (logits.argmax(1) == y).nonzero()[:, 0]
            order = logits.scatter(1, y[:, None], -torch.inf).sort(dim=1, descending=True, stable=True).indices
            for rank in range(min(self.targets or classes, classes - 1)):
                for restart in range(self.restarts):
                    if len(rows) == 0:
                        break
                    start = x[rows] if restart == 0 else self._random_start(nearest, rows)
                    rows = self._walk(model, nearest, rows, order[rows, rank], start)
            nearest.halve(model, beyond=self.eps or 0.0)
        kept = nearest.distance <= (torch.finfo(x.dtype).max if self.eps is None else self.eps)
        return torch.where(per_example(kept, x), nearest.x_adv, x)

    def _random_start(self, nearest: Nearest, rows: Rows) -> Images:
        """A point of the ball of half the radius to beat: eps, or the distance reached (at most the reference's)."""
        radius = self.eps if self.eps is not None else {Linf: 0.3, L2: 1.0}[type(self.norm)]
        with draws_of(len(nearest.x), rows):
            noise = self.norm.sample(nearest.x[rows], 0.5)
        return (nearest.x[rows] + per_example(nearest.distance[rows].clamp(max=radius), noise) * noise).clamp(0, 1)

    def _walk(self, model: nn.Module, nearest: Nearest, rows: Rows, t: Labels, x_i: Images) -> Int[Tensor, " left"]:
        """Walk from x_i towards the classes t, record what breaks, and return the rows still to be attacked."""

        def scores(images: Images) -> tuple[Logits, PerExample]:
            logits = search_logits(model, images, self.precision)
            return logits, logit(logits, t) - logit(logits, y)

        x, y, confirm = nearest.x[rows], nearest.y[rows], self.precision is not None
        for _ in range(self.steps):
            logits, g = input_gradient(scores, x_i)
            lead = logit(logits, t) - logit(logits, y)
            broken = nearest.record(model, rows, x_i, logits.argmax(1) != y, confirm)
            if self.eps is not None:
                out = nearest.distance[rows] > self.eps
                if not out.all():
                    rows, t, x, y, x_i, lead, g, broken = (v[out] for v in (rows, t, x, y, x_i, lead, g, broken))
                if len(rows) == 0:
                    return rows
            way = x - x_i
            fall = (g * way).flatten(1).sum(1)  # of the lead, on the way to the clean image
            back = (1 - self.beta) * broken.to(fall)
            ends = torch.cat([x_i.addcmul(per_example(back, x), way), x])
            gap = torch.cat([lead + back * fall, lead + fall])
            rise = gap.abs().maximum(g.abs().flatten(1).sum(1).repeat(2) * SHORTEST * torch.finfo(g.dtype).eps)
            d = onto_hyperplane(ends, torch.cat([g, g]), torch.where(gap > 0, -rise, rise), self.norm)
            size, size_x = self.norm.size(d).clamp(min=1e-8).chunk(2)
            alpha = per_example((size / (size + size_x)).clamp(max=self.alpha_max), x)
            ahead, ahead_x = ends.add_(d, alpha=self.eta).chunk(2)
            x_i = torch.lerp(ahead, ahead_x, alpha).clamp_(0, 1)
        nearest.record(model, rows, x_i, search_logits(model, x_i, self.precision).argmax(1) != y, confirm)
        return rows if self.eps is None else rows[nearest.distance[rows] > self.eps]
