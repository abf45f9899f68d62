"""The Square attack: random search with square windows. It asks for logits only, never for a gradient."""

from contextlib import ExitStack
from dataclasses import dataclass, field

import torch
from torch import nn

from robustlib.attacks.climb import is_broken
from robustlib.attacks.inputs import check_budget
from robustlib.attacks.windows import as_grid, grid_of_bumps, move, recolour, stripes, window_sides
from robustlib.door import check_inputs
from robustlib.geometry import L2, Linf, Norm, draws_of
from robustlib.gradient import clean_logits, evaluating, search_logits
from robustlib.interfaces import Images, Labels
from robustlib.losses import margin
from robustlib.precision import Precision

# At which of 10,000 queries the window's area halves.
HALVED_AFTER = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)


@dataclass(frozen=True)
class Square:
    r"""Change a random window of every image; keep the change where it raises the margin.

    .. math:: x_{i+1} = x_i + \delta_i \text{ where } m(x_i + \delta_i, y) > m(x_i, y), \text{ else } x_i,
              \quad m = \max_{j \ne y} f_j - f_y

    In the cube the window becomes :math:`x \pm \epsilon`, one random sign a channel, and the search starts from random
    vertical stripes. In the L2 ball the perturbation of a second window moves to the first, where a two-sided bump is
    added; the start is a grid of such bumps. An image leaves the search when it breaks; one that is wrong already
    comes back as it is. Targeted, the margin of the target over the other classes is raised instead.

    Departures: every image draws its own window, which may touch all four edges; a sign that would change nothing in
    the cube is flipped (the authors' code draws again); in the L2 ball, what the box cuts off is made up by the other
    pixels (four rounds of scaling and clipping instead of one: stronger on MNIST);
    windows of an image that is no square are rectangles of the same area, and a flat image is one row.

    Source: Andriushchenko et al. 2020, algorithm 2 for L-infinity, and its L2 version, with the margin loss; the
    schedule as in AutoAttack, stretched to the number of queries. Kind: budget. Raises: ValueError unless
    eps >= 0, queries >= 1, 0 < p_init <= 1 and the norm is Linf or L2; when called, for bad images or labels, and for
    logits that turn NaN or infinite.
    """

    eps: float = 0.3  # radius, pixel units of [0, 1]
    queries: int = 5000  # model evaluations of each image after the clean one, >= 1
    p_init: float = 0.8  # the first window's share of the image's area, 0 .. 1
    norm: Norm = field(default_factory=Linf)
    targeted: bool = False  # then y are the targets
    precision: Precision = None  # of the search: "fast", torch.bfloat16; None is float32

    def __post_init__(self) -> None:
        check_budget(self.eps, None, 1)
        if self.queries < 1:
            raise ValueError(f"Square needs queries >= 1, got {self.queries}")
        if not 0 < self.p_init <= 1:
            raise ValueError(f"p_init is a share of the image's area and must lie in (0, 1], got {self.p_init}")
        if not isinstance(self.norm, Linf | L2):
            raise ValueError(f"Square searches the ball of Linf() or L2(), got {self.norm}")

    @torch.no_grad()
    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        check_inputs(model, x, y)
        result = x.detach().clone()
        if len(x) == 0:
            return result
        rows = ((clean_logits(model, result, y).argmax(1) == y) != self.targeted).nonzero()[:, 0]
        if len(rows) == 0:
            return result
        start, change = (stripes, recolour) if isinstance(self.norm, Linf) else (grid_of_bumps, move)
        pixels = result.shape[1:]
        x, y, n = as_grid(result)[rows], y[rows], len(x)
        with evaluating(model), ExitStack() as draws:
            draws.enter_context(draws_of(n, rows))
            best, lead = start(x, self.eps), x.new_full((len(x),), -torch.inf)
            for query in range(self.queries):
                window = window_sides(self._share(query), *x.shape[2:])
                trial = change(x, best, self.eps, *window) if query else best
                logits = search_logits(model, trial.reshape(-1, *pixels), self.precision)
                reached, top = margin(logits, y).to(lead), logits.argmax(1)
                reached, broken = (-reached, top == y) if self.targeted else (reached, top != y)
                if self.precision is not None and broken.any():
                    images = trial[broken].reshape(-1, *pixels)
                    broken = broken.index_put((broken,), is_broken(model, images, y[broken], self.targeted))
                better = ((reached > lead) | broken).nonzero()[:, 0]
                best[better], lead[better] = trial[better], reached[better]
                if broken.any():
                    result[rows[broken]] = best[broken].reshape(-1, *pixels)
                    x, y, best, lead, rows = (values[~broken] for values in (x, y, best, lead, rows))
                    if len(rows) == 0:
                        return result
                    draws.close()
                    draws.enter_context(draws_of(n, rows))
        result[rows] = best.reshape(-1, *pixels)
        return result

    def _share(self, query: int) -> float:
        """The window's share of the area at this query: p_init, halved nine times on the way."""
        passed = sum(int(10_000 * query / self.queries) > after for after in HALVED_AFTER)
        return self.p_init / 2**passed
