"""The nearest broken point that a minimum-norm attack has found for each image."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor, nn

from robustlib.attacks.climb import is_broken
from robustlib.geometry import Norm, per_example
from robustlib.gradient import search_logits
from robustlib.interfaces import Images, Labels, PerExample

Rows = Int[Tensor, " m"]  # which images of the batch
HALVINGS = 10  # of the segment to the clean image: its end to 0.1 % of its length


@dataclass(frozen=True, eq=False)
class Nearest:
    """The images under attack, and the nearest broken points, which are updated in place."""

    x: Images
    y: Labels
    x_adv: Images
    distance: PerExample  # from x to x_adv; inf where nothing was found
    norm: Norm
    targeted: bool = False  # then y are the targets, and broken means assigned to them

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
