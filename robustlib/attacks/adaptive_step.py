"""The state of Auto-PGD's climb: where each image stands, and the rule that halves its step."""

from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from robustlib.geometry import Norm, per_example
from robustlib.interfaces import Images, Labels, PerExample


def checkpoints(steps: int) -> list[int]:
    r"""The iterations at which the step is reconsidered, rising from 0, in ever shorter phases.

    .. math:: w_j = \lceil p_j N \rceil, \quad p_0 = 0,\; p_1 = 0.22,\; p_{j+1} = p_j + \max(p_j - p_{j-1} - 0.03, 0.06)

    Source: Croce & Hein 2020 (AutoAttack), section 3.1.
    """
    percent, phase, found = 0, 22, {0}  # in whole per cent: in floating point 0.22 + 0.19 is above 0.41
    while percent + phase <= 100:
        percent += phase
        found.add(-(-percent * steps // 100))
        phase = max(phase - 3, 6)
    return sorted(found)


@dataclass
class Climb:
    """Where each image under attack stands; all tensors have the same first axis."""

    rows: Tensor  # places in the batch
    x: Images
    y: Labels
    x_adv: Images
    x_last: Images  # one iterate before
    x_best: Images
    g: Images
    g_best: Images
    f: PerExample
    f_best: PerExample
    f_broken: PerExample  # the highest loss of a broken point; -inf where there is none
    f_before: PerExample  # the best loss at the last checkpoint
    eta: PerExample  # the step
    rises: PerExample  # how many steps since the last checkpoint raised the loss
    halved: Tensor  # whether the last checkpoint halved the step

    def keep(self, left: Tensor) -> None:
        """Drop the images that are not left."""
        for slot in fields(self):
            setattr(self, slot.name, getattr(self, slot.name)[left])

    def move(self, norm: Norm, project: Callable[[Images, Images], Images], alpha: float) -> None:
        """One step along the gradient, of weight alpha, and along the last move, each back into the ball."""
        ahead = project(self.x_adv.addcmul(per_example(self.eta, self.g), norm.steepest(self.g)), self.x)
        if alpha < 1:
            ahead = ahead.lerp_(self.x_adv, 1 - alpha).add_(self.x_adv - self.x_last, alpha=1 - alpha)
            ahead = project(ahead, self.x)
        self.x_last, self.x_adv = self.x_adv, ahead

    def record(self, f: PerExample) -> None:
        """Note the loss of the new iterates, and which are the best so far."""
        self.rises = self.rises + (f > self.f)
        better = f > self.f_best
        self.f, self.f_best = f, torch.where(better, f, self.f_best)
        wide = per_example(better, self.x)
        self.x_best, self.g_best = torch.where(wide, self.x_adv, self.x_best), torch.where(wide, self.g, self.g_best)

    def reconsider(self, needed: float) -> None:
        """Halve the step and go back to the best point where condition 1 or 2 says so; never at iteration 0."""
        self.halved = (self.rises < needed) | (~self.halved & (self.f_best == self.f_before))
        wide = per_example(self.halved, self.x)
        self.eta = torch.where(self.halved, self.eta / 2, self.eta)
        self.f, self.f_before = torch.where(self.halved, self.f_best, self.f), self.f_best
        self.x_adv, self.g = torch.where(wide, self.x_best, self.x_adv), torch.where(wide, self.g_best, self.g)
        self.rises = torch.zeros_like(self.rises)
