"""The report card of an evaluation as rows: one for each check, and one for the whole."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from torch import nn

from robustlib.attacks import APGD, Square
from robustlib.evaluation.card.bench import Bench, Settings
from robustlib.evaluation.card.check import CANNOT, FAILS, PASSES, Check
from robustlib.evaluation.card.variations import in_words
from robustlib.evaluation.intervals import wilson
from robustlib.evaluation.report_card import QUESTIONS, asked_of, report_card
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.rows import Row, select
from robustlib.experiments.standard_suite import CHEAP, StandardSuite, as_trained
from robustlib.geometry import Linf, Norm
from robustlib.interfaces import Attack, Detector
from robustlib.losses import margin

WHOLE = "would it have passed?"  # the metric of the row of the whole card
PRINTED, SUITE = "the attacks as printed", "the book's own attackers"  # what a card judged: the column `attack`
VALUES = {PASSES: 1.0, FAILS: 0.0, CANNOT: None}
CHECKS = ("inside the ball", *(q.name for q in QUESTIONS))  # in the card's order
# What a card finds without running the attacks: for those that would take hours.
WITHOUT_RUNNING = (
    "reach", "unavailable gradients", "unstable predictions", "random answers", "refused clean images",
)  # fmt: skip


@dataclass(frozen=True)
class Card:
    """The report card of an evaluation on a stored network: a row for each check, and one for the whole.

    The row of a check has its name as metric, 1 where it passes, 0 where it fails and None where it cannot be judged,
    and as series the verdict in words, what was measured, and the passes. The row `WHOLE` is 0 where a check fails, 1
    where the card passes, else None; its series name the checks by verdict, the attacks, the source of their setting,
    and what was left out. Rows of accuracy say what is right before and under the evaluation.
    With `runs=False` no attack is run: only the checks in `WITHOUT_RUNNING` are asked.
    Raises: when called, ValueError as `report_card`.
    """

    attacks: Callable[[Subject, float], Mapping[str, Attack]]  # judged together, image by image, at a radius
    eps: float  # pixel units of [0, 1]
    source: str  # where the setting stands: "section 3.2 and table 1"
    left_out: str = ""  # attacks and checks of the paper's evaluation that are not on the card, and why
    evaluation: str = PRINTED
    norm: Norm = field(default_factory=Linf)
    defense: str = ""  # how the rows call the target
    target: Callable[[Subject], nn.Module] = as_trained  # what is attacked
    # And the threshold, accepted from there upwards.
    detector: Callable[[Subject], tuple[Detector, float]] | None = None
    unasked: tuple[str, ...] = ()  # checks that say nothing of these attacks; `left_out` says why
    passes: int = 100  # of each attack of the lower envelope: at least twice the steps, or else it cuts them short
    runs: bool = True

    def __call__(self, on: Subject) -> Findings:
        model, attacks = self.target(on).eval(), self.attacks(on, self.eps)
        x, y = on.dataset.test[: on.n]
        settings: dict[str, Any] = {"norm": self.norm, "seed": on.seed, "passes": self.passes}
        if self.detector is not None:
            settings |= dict(zip(("detector", "threshold"), self.detector(on), strict=True))
        asked = [q for q in QUESTIONS if q.name not in self.unasked and (self.runs or q.name in WITHOUT_RUNNING)]
        n = len(y)
        if self.runs:
            names = [q.name for q in asked]
            card = report_card(
                model, (x, y), attacks, self.eps, checkpoint=on.folder / "card.pt", only=names, **settings
            )
            checks, shares, stopped = card.checks, {"": card.clean, self.evaluation: card.robust}, card.stopped
            verdict = card.verdict
        else:
            bench = Bench(model, x, y, attacks, self.eps, Settings(**settings))
            checks, shares = tuple(asked_of(q, bench) for q in asked), {"": int(bench.clean().sum()) / n}
            stopped = "no attack was run: it would take hours"
            verdict = FAILS if FAILS in {c.verdict for c in checks} else CANNOT
        rows = [self.share(value, n, attack) for attack, value in shares.items() if value is not None]
        rows += [self.row(c.name, VALUES[c.verdict], n, series=said(c)) for c in checks]
        by_verdict = {v: [c.name for c in checks if c.verdict == v] for v in VALUES}
        words = [f"{name}: {in_words(attack)}"[:200] for name, attack in attacks.items()]
        series = by_verdict | {"attacks": words, "source": self.source, "left out": self.left_out, "stopped": stopped}
        return Findings(
            [*rows, self.row(WHOLE, VALUES[verdict], n, series={k: v for k, v in series.items() if v})], attacks
        )

    def share(self, value: float, n: int, attack: str) -> Row:
        """What is right before the evaluation, or under it, with the Wilson interval."""
        low, high = wilson(round(value * n), n)
        found = self.row("accuracy", value, n, attack=attack, low=low, high=high)
        return found if attack else replace(found, norm="", eps=None)

    def row(self, metric: str, value: float | None, n: int, **columns: Any) -> Row:
        """A row of this evaluation."""
        own: dict[str, Any] = {"attack": self.evaluation, "norm": type(self.norm).__name__, "eps": self.eps}
        return Row(metric, value, n, defense=self.defense, **own | columns)


def said(check: Check) -> dict[str, Any]:
    """The verdict in words, what was measured, and the passes of each image."""
    return {"verdict": check.verdict, "measured": check.measured, "passes": round(check.passes, 1)}


def own_attackers(on: Subject, eps: float) -> dict[str, Attack]:
    """The standard suite, with AutoAttack's untargeted descents and a shorter random search in the place of the whole
    AutoAttack, which a card would run a dozen times.
    """
    suite = {name: attack for name, attack in StandardSuite((eps,)).attacks(eps).items() if name in CHEAP}
    descents: dict[str, Attack] = {
        "APGD": APGD(eps, 100, stop_early=True), "margin APGD": APGD(eps, 100, loss=margin, stop_early=True),
    }  # fmt: skip
    return suite | descents | {"Square": Square(eps, 1000)}


def of_own_attackers(card: Card) -> Card:
    """The same card of the book's own attackers: a check that fails here too says something of the network."""
    return replace(
        card, attacks=own_attackers, evaluation=SUITE, source="", left_out="", unasked=(), runs=True, passes=100
    )


def check_rows(rows: Iterable[Row]) -> list[Row]:
    """The rows of the checks, in the order of the card."""
    return [row for name in CHECKS for row in select(rows, metric=name)]
