"""A measured share with all that it rests on: what a sentence or the head of a chapter must say of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Evidence:
    """A measured share and its interval, all in [0, 1], and what it was measured on.

    The interval is Wilson's at 95 % for one seed; for several the value is their mean, between the least and the most.
    Raises: ValueError unless 0 <= low <= value <= high <= 1 (percentages are no shares), n >= 1 and seeds >= 1.
    """

    value: float
    low: float
    high: float
    n: int  # images
    attack: str = ""  # "" clean images
    norm: str = ""  # "L-infinity"
    eps: float | None = None  # radius, pixel units of [0, 1]
    seeds: int = 1
    schedule: str = ""  # of the training: "10 of 10 epochs"
    interval: str = ""  # what it is, where it is neither of the two: "least and most of five draws"

    def __post_init__(self) -> None:
        hair = 1e-6
        if not -hair <= self.low <= self.value + hair <= self.high + 2 * hair <= 1 + 3 * hair:
            raise ValueError(
                f"need shares 0 <= low <= value <= high <= 1, got {self.low}, {self.value}, {self.high}; "
                "a percentage is divided by 100"
            )
        if self.n < 1 or self.seeds < 1:
            raise ValueError(f"evidence rests on an image and a seed at least, got n={self.n} and seeds={self.seeds}")

    @property
    def percent(self) -> str:
        """ "5.5 % [3.1, 9.6]"."""
        return f"{100 * self.value:.1f} % [{100 * self.low:.1f}, {100 * self.high:.1f}]"

    @property
    def rests_on(self) -> str:
        """ "L-infinity, eps = 0.1, n = 200 images, 1 seed, 10 of 10 epochs, 95 % Wilson interval"."""
        facts = [
            self.norm,
            "" if self.eps is None else f"eps = {shown_eps(self.eps)}",
            f"n = {self.n} image{'s' if self.n != 1 else ''}",
            f"{self.seeds} seed{'s' if self.seeds != 1 else ''}",
            self.schedule,
            self.interval or ("95 % Wilson interval" if self.seeds == 1 else "from the least seed to the most"),
        ]
        return ", ".join(filter(None, facts))


def shown_eps(eps: float) -> str:
    """A radius as the field writes it: "8/255" where it is so many steps of an 8-bit pixel, else "0.1".

    >>> shown_eps(8 / 255), shown_eps(0.1)
    ('8/255', '0.1')
    """
    steps = 255 * eps
    whole = eps > 0 and abs(steps - round(steps)) < 1e-6 and eps < 1
    return f"{round(steps)}/255" if whole and f"{eps:g}" != f"{round(eps, 3):g}" else f"{eps:g}"
