"""DeepFool: to the nearest linearised boundary between two classes, again and again until it is crossed."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor, nn

from robustlib.attacks.climb import is_broken
from robustlib.attacks.hyperplane import onto_hyperplane
from robustlib.attacks.nearest import Rows
from robustlib.door import check_inputs
from robustlib.geometry import L2, Linf, Norm, per_example
from robustlib.gradient import clean_logits, evaluating, input_gradients, search_logits
from robustlib.interfaces import Images, Labels, Logits, PerExample
from robustlib.precision import Precision

WIDER = 3  # times as many classes are compared on the next walk
CAME_NEARER = 0.9  # of the clean lead or less at the end of a walk: steps were wanting, not classes
CLIPPED = 3  # steps whose pixels stop at the edge; later ones let the other pixels make up for it
SHORTEST = 1000  # roundings: a shorter step may be lost in the pixels' last digit, and the boundary never crossed


@dataclass(frozen=True)
class DeepFool:
    r"""Step to the nearest of the linearised boundaries to the other classes, a little beyond, until one is crossed.

    .. math:: x_{i+1} = \mathrm{clip}_{[0,1]}(x_i + (1 + \eta)\, r_i), \quad
              r_i = \frac{|f'_l|}{\|w_l\|_2^2}\, w_l \ (p = 2), \quad
              \frac{|f'_l|}{\|w_l\|_1}\, \mathrm{sign}\, w_l \ (p = \infty), \quad
              l = \arg\min_{k \ne y} \frac{|f'_k|}{\|w_k\|_q}

    where :math:`f'_k = f_k - f_y` and :math:`w_k = \nabla f'_k` at :math:`x_i`, and q is the dual of p. An image
    leaves at its first broken iterate.

    Departures, as the paper has no box: clipped steps fall short and end at the boundary, never beyond it. After three
    of them :math:`(1 + \eta)\, r_i` is replaced by the smallest step inside the box that changes :math:`f'_l` as much;
    and pixels without room do not count where the classes are compared. No step is shorter than the pixels resolve.
    Of k classes only the `candidates` likeliest at each iterate are compared (the authors' code: ten at the clean
    image). Images that stand are walked again with three times as many; those whose classes lead nowhere (no step
    left, or a lead that did not shrink by a tenth), with three times as many again, until all are compared. Targeted
    (not in the paper), the boundary is always the one between the target and the likeliest other class.

    Source: Moosavi-Dezfooli et al. 2016 (DeepFool), algorithm 2, after equations 8 to 10; equations 13 and 14
    for p = infinity. Kind: minimum-norm; the clean image where it failed.
    Raises: ValueError unless steps and candidates >= 1, overshoot >= 0 and the norm is L2 or Linf; when called, for
    bad images or labels.
    """

    steps: int = 50  # linearisations of each image, >= 1
    overshoot: float = 0.02  # eta, how far beyond the boundary, as a share of the way to it, >= 0
    candidates: int | None = 5  # likeliest other classes compared at each step, one backward each, >= 1; None: all
    norm: Norm = field(default_factory=L2)
    targeted: bool = False  # then y are the targets
    precision: Precision = None  # of the search: "fast", torch.bfloat16; None is float32

    def __post_init__(self) -> None:
        if self.steps < 1 or (self.candidates is not None and self.candidates < 1):
            found = f"steps={self.steps}, candidates={self.candidates}"
            raise ValueError(f"DeepFool needs steps >= 1 and candidates >= 1 (or None for all classes), got {found}")
        if not 0 <= self.overshoot < float("inf"):
            raise ValueError(f"overshoot is a share of the way and must be >= 0 and finite, got {self.overshoot}")
        if not isinstance(self.norm, Linf | L2):
            raise ValueError(f"DeepFool minimises the norm Linf() or L2(), got {self.norm}")

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        check_inputs(model, x, y)
        result = x.detach().clone()
        if len(x) == 0:
            return result
        logits = clean_logits(model, x, y)
        others = logits.shape[1] - 1
        few = compared = 1 if self.targeted else min(self.candidates or others, others)
        rows = ((logits.argmax(1) == y) != self.targeted).nonzero()[:, 0]
        with evaluating(model), torch.no_grad():
            while len(rows):
                short, astray = self._walk(model, result, y, rows, compared)
                if self.targeted or compared == others:
                    break
                rows = torch.cat([short, astray]) if compared == few else astray
                compared = min(WIDER * compared, others)
        return result

    def _walk(self, model: nn.Module, result: Images, y: Labels, rows: Rows, compared: int) -> tuple[Tensor, Tensor]:
        """Walk from these rows of `result` and put the broken points there.

        Returns: the rows that stood and came nearer, for want of steps, and those that the classes led nowhere.
        """

        def scores(images: Images) -> tuple[Logits, Tensor]:
            logits = search_logits(model, images, self.precision)
            return logits, self._leads(logits, y[rows], compared)

        x_i, stuck_rows, begun = result[rows], [rows[:0]], torch.zeros(0, device=rows.device)
        for i in range(self.steps):
            logits, gradient = input_gradients(scores, x_i)
            broken = (logits.argmax(1) == y[rows]) == self.targeted
            if self.precision is not None and broken.any():
                broken[broken.clone()] = is_broken(model, x_i[broken], y[rows[broken]], self.targeted)
            result[rows[broken]] = x_i[broken]
            if broken.all():
                return rows[:0], torch.cat(stuck_rows)
            leads = self._leads(logits, y[rows], compared)
            if i == 0:
                begun = leads[:, 0].abs()
            ahead = self._step(x_i, leads, gradient, i < min(CLIPPED, self.steps - 1))
            stuck = (ahead == x_i).flatten(1).all(1) & ~broken
            stuck_rows.append(rows[stuck])
            left = ~broken & ~stuck
            x_i, rows, begun = ahead[left], rows[left], begun[left]
        if len(rows) == 0:
            return rows, torch.cat(stuck_rows)
        logits = search_logits(model, x_i)
        broken = (logits.argmax(1) == y[rows]) == self.targeted
        result[rows[broken]] = x_i[broken]
        nearer = self._leads(logits, y[rows], 1)[:, 0].abs() < CAME_NEARER * begun
        return rows[~broken & nearer], torch.cat([*stuck_rows, rows[~broken & ~nearer]])

    def _leads(self, logits: Logits, y: Labels, compared: int) -> Float[Tensor, "n s"]:
        """What each compared class is ahead of the label, or the target of it: > 0 beyond the boundary."""
        best = logits.scatter(1, y[:, None], -torch.inf).topk(compared, dim=1).values
        lead = best - logits.gather(1, y[:, None])
        return -lead if self.targeted else lead

    def _step(
        self, x_i: Images, leads: Float[Tensor, "n s"], gradient: Callable[[int], Images], clipped: bool
    ) -> Images:
        """The next iterates: beyond the nearest of the boundaries, whose leads and gradients these are."""
        nearest, gap = torch.full_like(leads[:, 0], torch.inf), torch.zeros_like(leads[:, 0])
        w, up, down = torch.zeros_like(x_i), x_i < 1, x_i > 0
        for column, lead in enumerate(leads.abs().unbind(1)):
            g = gradient(column)
            distance = lead / self._steepness(g * torch.where(g > 0, up, down))
            nearer = distance < nearest
            nearest, gap = torch.where(nearer, distance, nearest), torch.where(nearer, lead, gap)
            w = torch.where(per_example(nearer, g), g, w)
        room = w if clipped else w * torch.where(w > 0, up, down)
        steepness, shortest = self._steepness(room), SHORTEST * torch.finfo(x_i.dtype).eps
        rise = ((1 + self.overshoot) * gap).maximum(shortest * steepness)
        if clipped:
            step = per_example(rise / steepness, w) * self.norm.steepest(w)
        else:
            step = onto_hyperplane(x_i, w, rise, self.norm)
        return (x_i + step).clamp(0, 1)

    def _steepness(self, g: Images) -> PerExample:
        """The dual norm of each gradient: what a step of length one changes; never zero."""
        return (g * self.norm.steepest(g)).flatten(1).sum(1).clamp(min=torch.finfo(g.dtype).tiny)
