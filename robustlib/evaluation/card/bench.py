"""What the checks measure with: each measurement is made once, seeded by its name, counted, and kept on disk."""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from robustlib.evaluation.card.answers import left_standing
from robustlib.evaluation.card.check import CANNOT, FAILS, PASSES, Finding, slack
from robustlib.evaluation.card.limit import LimitReached, at_most
from robustlib.evaluation.card.settings import Settings as Settings
from robustlib.evaluation.cost import counting
from robustlib.evaluation.verdicts import correct
from robustlib.interfaces import Attack, Images, Labels
from robustlib.modes import seeded

Change = Callable[[Attack], Attack]


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
    total: int = 0  # of all checks so far
    radius: float = 0.0  # how far an attack may go at present, where that is more than eps

    @property
    def n(self) -> int:
        """The images."""
        return len(self.x)

    @property
    def slack(self) -> int:
        """By how many images two runs may differ by chance."""
        return slack(self.n)

    @property
    def allowed(self) -> float:
        """The passes that are left under the limit."""
        limit = self.settings.limit
        return math.inf if limit is None else limit * self.n - self.total

    def counted(self, images: int, said: str) -> Finding:
        """The verdict of a check that fails where more images than by chance are against it.

        Where so few are right at first that it could not fail, it does not pass either.
        """
        if images > self.slack:
            return Finding(FAILS, said)
        right = int(self.clean().sum())
        few = f"; {right} image{'s' * (right != 1)} right at first cannot tell a fault from chance"
        return Finding(PASSES, said) if right > self.slack else Finding(CANNOT, said + few)

    def measured(self, name: str, measure: Callable[[], dict[str, Any]], draws: str | None = None) -> dict[str, Any]:
        """The values under this name, measured now or before; random numbers follow from the seed and `draws`.

        Raises: LimitReached where it would take more passes than are left; those that it took are charged.
        """
        if name not in self.known:
            with counting(self.model) as went:
                try:
                    number = self.settings.seed, draws or name, self.x.device
                    with at_most(self.allowed, self.model, went), seeded(*number):
                        values = measure()
                except LimitReached:
                    self._charge(went.forward + went.backward)
                    raise
            self.known[name] = values | {"passes": went.forward + went.backward}
            self.save()
        if name not in self.charged:
            if self.known[name]["passes"] > self.allowed:
                raise LimitReached
            self.charged.add(name)
            self._charge(self.known[name]["passes"])
        return self.known[name]

    def _charge(self, passes: int) -> None:
        self.spent, self.total = self.spent + passes, self.total + passes

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

        An image that left the ball or the box stands; the measurement says how many and how far.
        """
        asked = self.clean() if among is None else among
        at = self.settings.norm, max(self.eps, self.radius)
        return self.measured(
            name, lambda: left_standing(attack, self.model, self.x, self.y, asked, self.rows(asked), *at), draws
        )["right"]

    @contextmanager
    def within(self, eps: float) -> Iterator[None]:
        """Inside, attacks may go as far as eps."""
        before, self.radius = self.radius, eps
        try:
            yield
        finally:
            self.radius = before

    def evaluation(self) -> Tensor:
        """Which images the whole evaluation leaves standing, (n,)."""
        stands = self.clean()
        for name, attack in self.attacks.items():
            stands = stands & self.standing(kept_as(name), attack, draws=name)
        return stands

    def varied(self, change: Change, how: str) -> Tensor | None:
        """The same with each attack changed, of the same random numbers; None where the change touches none."""
        changed = {name: change(attack) for name, attack in self.attacks.items()}
        if all(changed[name] is attack for name, attack in self.attacks.items()):
            return None
        stands = self.clean()
        for name, attack in self.attacks.items():
            label = kept_as(name, "" if changed[name] is attack else how)
            stands = stands & self.standing(label, changed[name], draws=name)
        return stands


def kept_as(name: str, how: str = "") -> str:
    """Under which name the bench keeps what an attack of the evaluation left, as it is or varied: no check's name."""
    return f"attack {name!r}" + (f", {how}" if how else "")
