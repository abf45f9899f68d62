"""What a reader is asked to break: a network, its detector if it has one, images, a threat model and a goal."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from math import isfinite

import torch
from torch import nn

from robustlib.door import check_batch
from robustlib.geometry import Linf, Norm
from robustlib.interfaces import Detector, Images, Labels


@dataclass(frozen=True)
class Goal:
    """What the library's own attack reached on the same images, as the same judge found it.

    Raises: ValueError unless the attack fooled an image, of n at most, and needed a pass for it.
    """

    fooled: int  # images, >= 1
    n: int  # images judged
    passes: float  # forward and backward passes an image, > 0
    attack: str  # what it is called

    def __post_init__(self) -> None:
        if not (1 <= self.fooled <= self.n and 0 < self.passes < float("inf")):
            raise ValueError(
                f"a goal is 1 to n images fooled with more than 0 passes, got {self.fooled} of {self.n} with "
                f"{self.passes}: an attack that fools nothing sets no goal"
            )

    @property
    def share(self) -> float:
        """The share of images fooled, in (0, 1]."""
        return self.fooled / self.n

    def __str__(self) -> str:
        return (
            f"fool at least {self.fooled} of {self.n} images, as {self.attack} of the library does with "
            f"{self.passes:.0f} passes an image"
        )


@dataclass(frozen=True, repr=False)
class Target:
    r"""A locked target. An attack on it is a callable (model, x, y) -> x_adv; an image is fooled where

    .. math:: \|x' - x\| \le \epsilon, \quad x' \in [0, 1], \quad \arg\max_j f_j(x') \ne y, \quad s(x') \ge \tau,

    the last for a target with a detector. `load` gives the network, and checks the hash of its weights where they
    are in a file; `detector` makes the detector of a network, so that its score goes through the network
    that the attack was given.

    Raises: ValueError unless eps > 0, limit >= 1, there are images to judge, no index twice, and a detector comes with
    a finite threshold.
    """

    name: str
    paper: str
    load: Callable[[], nn.Module]
    data: Callable[[], tuple[Images, Labels]]  # images and labels, of which the index counts
    rows: tuple[int, ...]  # indices of the images to fool; the network reads each right, and its detector accepts it
    eps: float  # radius, pixel units of [0, 1]
    goal: Goal | None = None  # None: not measured yet
    norm: Norm = field(default_factory=Linf)
    detector: Callable[[nn.Module], Detector] | None = None
    threshold: float | None = None  # tau: an image is accepted where its score is at least this
    limit: int = 1000  # forward and backward passes an image

    def __post_init__(self) -> None:
        if not (self.eps > 0 and isfinite(self.eps)) or self.limit < 1:
            raise ValueError(f"a target needs eps > 0 and limit >= 1, got {self.eps} and {self.limit}")
        if not self.rows or len(set(self.rows)) != len(self.rows) or min(self.rows) < 0:
            raise ValueError(f"rows are the indices of one image or more, none twice, got {self.rows}")
        if (self.detector is None) != (self.threshold is None) or not isfinite(self.threshold or 0):
            raise ValueError(
                f"a detector comes with a finite threshold, and a threshold with a detector; got {self.threshold}"
            )

    def network(self) -> nn.Module:
        """A copy of the network in eval mode, which belongs to whoever asked."""
        with torch.random.fork_rng(devices=[]):  # layers draw weights before they are given those of the file
            return deepcopy(self.load()).eval()

    def images(self) -> tuple[Images, Labels]:
        """Copies of the images to fool, and their labels. Raises: ValueError for an index beyond them, and bad data."""
        x, y = self.data()
        if max(self.rows) >= len(x):
            raise ValueError(f"index {max(self.rows)} is beyond the {len(x)} images of {self.name}")
        x, y = x[list(self.rows)].clone(), y[list(self.rows)].clone()
        check_batch(x, y)
        return x, y

    def __repr__(self) -> str:
        """The threat model and the goal, a line each."""
        guard = "" if self.detector is None else f", and accepted by the detector (score >= {self.threshold:.6g})"
        return "\n".join(
            [
                f"{self.name} ({self.paper})",
                f"  images: {len(self.rows)}, all read right before the attack",
                f"  fooled: misread{guard}, inside [0, 1] and within {self.eps:g} in {type(self.norm).__name__}",
                f"  passes: {self.limit:,} an image at most, forward and backward",
                f"  goal:   {'not measured yet' if self.goal is None else self.goal}",
            ]
        )
