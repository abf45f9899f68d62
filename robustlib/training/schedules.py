"""Learning-rate schedules: functions of the progress t in [0, 1) that give the factor on the optimiser's lr.

They have no state, so a resumed run needs nothing from them.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Constant:
    """The factor 1 throughout."""

    def __call__(self, t: float) -> float:
        return 1.0


@dataclass(frozen=True)
class Steps:
    """The factor is multiplied by `drop` at each of the fractions `at` of the run."""

    at: tuple[float, ...] = (0.5, 0.75)
    drop: float = 0.1

    def __call__(self, t: float) -> float:
        return self.drop ** sum(t >= fraction for fraction in self.at)


@dataclass(frozen=True)
class Cosine:
    r"""Half a cosine from 1 to 0: :math:`(1 + \cos \pi t) / 2`. Source: Loshchilov & Hutter 2017, equation 5."""

    def __call__(self, t: float) -> float:
        return (1 + math.cos(math.pi * t)) / 2


@dataclass(frozen=True)
class OneCycle:
    """Linearly from `start` up to 1 at the fraction `peak` of the run, then linearly down to 0. Source: Smith 2018."""

    peak: float = 0.3
    start: float = 0.1

    def __call__(self, t: float) -> float:
        if t < self.peak:
            return self.start + (1 - self.start) * t / self.peak
        return (1 - t) / (1 - self.peak)
