"""The nearest broken point that a minimum-norm attack has found for each image."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor, nn

from robustlib.attacks.climb import is_broken
from robustlib.geometry import Norm, per_example
from robustlib.gradient import search_logits
from robustlib.interfaces import Images, Labels, Logits, PerExample
from robustlib.losses import margin

Rows = Int[Tensor, " m"]  # which images of the batch
HALVINGS = 10  # of the segment to the clean image: its end to 0.1 % of its length
# Along the secant, as shares of the segment: the first step back, how far beyond the crossing to aim, the least gain.
STEP, BEYOND, PROMISED = 0.02, 2e-4, 1e-3


@dataclass(frozen=True, eq=False)
class Nearest:
    """The images under attack, and the nearest broken points, which are updated in place."""

    x: Images
    y: Labels
    x_adv: Images
    distance: PerExample  # from x to x_adv; inf where nothing was found
    norm: Norm
    targeted: bool = False  # then y are the targets, and broken means assigned to them
    logits: Logits | None = None  # at x_adv, where `keep` and `draw_back` are used

    def record(
        self, model: nn.Module, rows: Rows, points: Images, broken: Bool[Tensor, " m"], confirm: bool
    ) -> Bool[Tensor, " m"]:
        """Keep the broken points that are nearer than what was found before.

        With `confirm` the float32 model is asked about them first, as a search in reduced precision must.
        Returns: which points are broken, less those that float32 did not confirm.
        """
        size = self.norm.size(points - self.x[rows])
        nearer = broken & (size < self.distance[rows])
        if confirm:
            broken = broken.index_put((nearer,), is_broken(model, points[nearer], self.y[rows[nearer]], self.targeted))
            nearer = nearer & broken
        self.x_adv[rows[nearer]] = points[nearer]
        self.distance[rows[nearer]] = size[nearer]
        return broken

    def keep(
        self, model: nn.Module, points: Images, size: PerExample, logits: Logits, confirm: bool
    ) -> Bool[Tensor, " n"]:
        """`record` for all images at once, of points whose distance and logits are known."""
        top = logits.argmax(1)
        broken = top == self.y if self.targeted else top != self.y
        nearer = broken & (size < self.distance)
        if confirm and nearer.any():
            sure = is_broken(model, points[nearer], self.y[nearer], self.targeted)
            broken = broken.index_put((nearer,), sure)
            nearer = nearer & broken
        torch.where(per_example(nearer, points), points, self.x_adv, out=self.x_adv)
        torch.where(nearer, size, self.distance, out=self.distance)
        if self.logits is not None:
            torch.where(nearer[:, None], logits, self.logits, out=self.logits)
        return broken

    def halve(self, model: nn.Module, beyond: float = 0.0) -> None:
        """Move the points farther than `beyond` towards x, by halving the segment between a right and a broken end."""
        rows = (self.distance.isfinite() & (self.distance > beyond)).nonzero()[:, 0]
        if len(rows) == 0:
            return
        x, y, best = self.x[rows], self.y[rows], self.x_adv[rows]
        way, low = best - x, torch.zeros_like(self.distance[rows])
        high = torch.ones_like(low)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            point = (x + per_example(middle, x) * way).clamp(0, 1)
            broken = (search_logits(model, point).argmax(1) == y) == self.targeted
            low, high = torch.where(broken, low, middle), torch.where(broken, middle, high)
            best = torch.where(per_example(broken, x), point, best)
        self.x_adv[rows], self.distance[rows] = best, self.norm.size(best - x)

    def draw_back(self, model: nn.Module) -> None:
        """Move the points towards x while they stay broken, to where the secant of the margin crosses zero.

        Few looks at points that are near the boundary already, ten at most: an image is asked about while the secant
        promises it a share of its way.
        """
        rows = (self.distance.isfinite() & (self.distance > 0)).nonzero()[:, 0]
        if len(rows) == 0 or self.logits is None:
            return
        x, y, sign = self.x[rows], self.y[rows], -1 if self.targeted else 1
        way, f_high = self.x_adv[rows] - x, sign * margin(self.logits[rows], y)
        low, f_low, high = torch.zeros_like(f_high), torch.full_like(f_high, -math.inf), torch.ones_like(f_high)
        at = high - STEP
        for _ in range(HALVINGS):
            point = (x + per_example(at, x) * way).clamp_(0, 1)
            f = sign * margin(search_logits(model, point), y)
            broken, before = f > 0, (high, f_high)
            self.x_adv[rows[broken]] = point[broken]
            high, f_high = torch.where(broken, at, high), torch.where(broken, f, f_high)
            low, f_low = torch.where(broken, low, at), torch.where(broken, f_low, f)
            found = f_low.isfinite()  # a right point: before there is one, the secant goes through two broken ones
            other, f_other = torch.where(found, low, before[0]), torch.where(found, f_low, before[1])
            at = high - f_high * (high - other) / (f_high - f_other) + BEYOND
            at = torch.where((at > low) & (at < high + 2 * BEYOND), at, (low + high) / 2)  # also where it is NaN
            left = high - at > PROMISED
            if not left.any():
                break
            if int(left.sum()) > 1:  # one alone is not asked about: a network may need the statistics of a batch
                parts = (rows, x, y, way, low, f_low, high, f_high, at)
                rows, x, y, way, low, f_low, high, f_high, at = (part[left] for part in parts)
        self.distance.copy_(self.norm.size(self.x_adv - self.x).where(self.distance.isfinite(), self.distance))
