"""What the checks measure with: each measurement is made once, seeded by its name, counted, and kept on disk."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from robustlib.evaluation.card.check import slack
from robustlib.evaluation.cost import counting
from robustlib.evaluation.verdicts import correct
from robustlib.geometry import Norm
from robustlib.interfaces import Attack, Detector, Features, Images, Labels
from robustlib.modes import seeded

Change = Callable[[Attack], Attack]


@dataclass(frozen=True)
class Settings:
    """What a card is made with beside model, data, attacks and eps. Raises: ValueError for counts below 1."""

    norm: Norm
    seed: int = 0
    batch: int = 250
    passes: int = 100  # forward and backward, for each image and attack of the lower envelope
    queries: int = 500  # of the black box
    binarised: int = 50  # images of the binarisation test
    inner: int = 999  # its inner points
    source: nn.Module | None = None  # another network of the same task, for the transfer
    features: Callable[[Images], Features] | None = None  # None: those of a `Classifier`
    detector: Detector | None = None
    threshold: float | None = None  # accepted from here upwards

    def __post_init__(self) -> None:
        for name in ("batch", "passes", "queries", "binarised", "inner"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be >= 1, got {getattr(self, name)}")
        if (self.detector is None) != (self.threshold is None):
            raise ValueError("a detector is judged at a threshold: hand over both, or neither")


@dataclass
class Bench:
    """The model, the images, the evaluation that is judged, and what has been measured so far."""

    model: nn.Module
    x: Images
    y: Labels
    attacks: Mapping[str, Attack]
    eps: float
    settings: Settings
    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    save: Callable[[], None] = lambda: None
    charged: set[str] = field(default_factory=set)  # what an earlier check has paid for
    spent: int = 0  # passes of the check at hand
    radius: float = 0.0  # how far an attack may go at present, where that is more than eps

    @property
    def n(self) -> int:
        """The images."""
        return len(self.x)

    @property
    def slack(self) -> int:
        """By how many images two runs may differ by chance."""
        return slack(self.n)

    def measured(self, name: str, measure: Callable[[], dict[str, Any]], draws: str | None = None) -> dict[str, Any]:
        """The values under this name, measured now or before; random numbers follow from the seed and `draws`."""
        if name not in self.known:
            with counting(self.model) as went, seeded(self.settings.seed, draws or name, self.x.device):
                values = measure()
            self.known[name] = values | {"passes": went.forward + went.backward}
            self.save()
        if name not in self.charged:
            self.charged.add(name)
            self.spent += self.known[name]["passes"]
        return self.known[name]

    def clean(self) -> Tensor:
        """Which images the model gets right before any attack, (n,) on the CPU."""
        right = self.measured(
            "clean", lambda: {"right": correct(self.model, self.x, self.y, self.settings.batch).cpu()}
        )
        return right["right"]

    def rows(self, of: Tensor) -> Iterator[Tensor]:
        """The numbers of these images, batch by batch."""
        yield from (rows for rows in of.nonzero().squeeze(1).split(self.settings.batch) if len(rows))

    def standing(self, name: str, attack: Attack, draws: str | None = None, among: Tensor | None = None) -> Tensor:
        """Which images the model still gets right, (n,): only those of `among`, or those right at first, are attacked.

        An image that left the ball or the box stands; `left` of the measurement says how far and how many.
        """
        asked = self.clean() if among is None else among

        def measure() -> dict[str, Any]:
            limit = max(self.eps, self.radius) * (1 + 1e-5) + 1e-6
            right, outside, far, low, high = asked.clone(), 0, 0.0, 0.0, 1.0
            for rows in self.rows(asked):
                at = rows.to(self.x.device)
                x, y = self.x[at], self.y[at]
                x_adv = attack(self.model, x, y)
                if not isinstance(x_adv, Tensor) or x_adv.shape != x.shape:
                    found = tuple(x_adv.shape) if isinstance(x_adv, Tensor) else type(x_adv).__name__
                    raise ValueError(f"{attack!r:.200} must return images of shape {tuple(x.shape)}, got {found}")
                size = self.settings.norm.size(x_adv - x)
                span = x_adv.flatten(1)
                fits = (size <= limit) & (span.amin(1) >= 0) & (span.amax(1) <= 1)
                right[rows] = (correct(self.model, torch.where(_like(fits, x), x_adv, x), y) | ~fits).cpu()
                outside += int((~fits).sum())
                far, low, high = max(far, _worst(size)), min(low, -_worst(-span)), max(high, _worst(span))
            return {"right": right, "outside": outside, "far": far, "low": low, "high": high}

        return self.measured(name, measure, draws)["right"]

    @contextmanager
    def within(self, eps: float) -> Iterator[None]:
        """Inside, attacks may go as far as eps."""
        before, self.radius = self.radius, eps
        try:
            yield
        finally:
            self.radius = before

    def evaluation(self, change: Change | None = None, how: str = "") -> Tensor | None:
        """Which images the whole evaluation leaves standing, (n,); with a change, None where it changes no attack."""
        stands, touched = self.clean(), change is None
        for name, attack in self.attacks.items():
            other = attack if change is None else change(attack)
            same = other is attack
            touched |= not same
            stands = stands & self.standing(name if same else f"{name}, {how}", other, draws=name)
        return stands if touched else None


def _like(fits: Tensor, x: Images) -> Tensor:
    return fits.reshape(-1, *[1] * (x.ndim - 1))


def _worst(values: Tensor) -> float:
    """The largest value, infinite where one is not a number."""
    return float(values.nan_to_num(torch.inf, torch.inf, -torch.inf).amax())
