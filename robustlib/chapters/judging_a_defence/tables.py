"""Would it have passed? The report card of each paper's evaluation, from the rows of the cards that were measured."""

from dataclasses import dataclass
from typing import Any

from robustlib.evaluation import TextTable
from robustlib.evaluation.card.check import CANNOT, FAILS, PASSES
from robustlib.experiments import Measurement, Row, one, registry, stored_rows
from robustlib.experiments.card_rows import CHECKS, SUITE, WHOLE, Card, check_rows

ANSWERS = {1.0: "yes", 0.0: "no", None: CANNOT}
ELSEWHERE = ("input_defences",)
MARKS = {1.0: "passes", 0.0: "fails", None: "–"}


@dataclass(frozen=True)
class Judged:
    """A stored card: what was judged, on which network, and the rows."""

    measurement: Measurement
    rows: tuple[Row, ...]
    card: Card

    @property
    def whole(self) -> Row:
        """The row of the whole."""
        return one(self.rows, metric=WHOLE)

    @property
    def setting(self) -> str:
        """Where the attacks are printed, or that they are the book's."""
        return self.card.source or self.card.evaluation

    @property
    def network(self) -> str:
        """The network as its chapter calls it."""
        e = registry.experiment(self.measurement.of)
        return f"{e.architecture}, {e.label}" if e.architecture not in e.label else e.label

    def named(self, verdict: str) -> list[str]:
        """The checks of a verdict."""
        return list(self.whole.series.get(verdict, ()))


def judged() -> list[Judged]:
    """Every card that was measured, by network in the order of the chapters, those of the papers first.

    Without those of AT²L's second half, on the input defences of others, which their own chapter shows.
    """
    here = [m for chapter in registry.chapters() if chapter.name not in ELSEWHERE for m in chapter.measurements]
    cards = [(m, m.evaluate) for m in here if isinstance(m.evaluate, Card)]
    stored = [(m, card, tuple(stored_rows(m.of, m.kind, 0))) for m, card in cards]
    return [Judged(m, rows, card) for m, card, rows in stored if rows]


def of_the_own_attackers(found: list[Judged], network: str) -> Judged | None:
    """The card of the book's own attackers on a network, where it was measured."""
    return next((j for j in found if j.card.evaluation == SUITE and j.measurement.of == network), None)


def would_it_have_passed() -> TextTable:
    """A line for each evaluation and network: the answer, the checks that fail, and which of them fail for the book's
    own attackers on the same network too, so that they say something of the network, and not of the setting.
    """
    found, lines = judged(), []
    for j in found:
        own = of_the_own_attackers(found, j.measurement.of)
        shared = "not run" if own is None else listed([name for name in j.named(FAILS) if name in own.named(FAILS)])
        counts = f"{len(j.named(PASSES))} of {len(check_rows(j.rows))}"
        lines.append((
            j.setting, j.network, ANSWERS[j.whole.value], listed(j.named(FAILS)), "–" if own is j else shared, counts,
            *radius(j.whole), str(j.whole.n),
        ))  # fmt: skip
    header = (
        "attacks of", "network", "would it have passed?", "checks that fail", "of these fail for the book's attackers",
        "checks that pass", "norm", "eps", "n",
    )  # fmt: skip
    caption = (
        "Would the evaluation have passed? Each was put before the report card on a network of this book, on the first "
        "n official test images, seed 0; the answer is no where one check fails. A check that fails for the book's own "
        "attackers on the same network says something of the network."
    )
    return TextTable(caption, header, tuple(lines))


def checks() -> TextTable:
    """A line for each check, a column for each evaluation: what it found."""
    found = judged()
    asked = {row.metric for j in found for row in check_rows(j.rows)}
    header = ("check", *(f"{j.setting}: {j.network}" for j in found))
    lines = tuple((name, *(mark(j, name) for j in found)) for name in CHECKS if name in asked)
    return TextTable("What each check of the report card found; a dash: not asked, or not to be judged.", header, lines)


def settings() -> TextTable:
    """A line for each evaluation: what is right before and under its attacks, the attacks, and what was left out."""
    lines = [
        (j.setting, j.network, share(j, ""), share(j, j.card.evaluation), listed(j.whole.series.get("attacks", ())),
         j.whole.series.get("left out", "") or "nothing", j.whole.series.get("stopped", "") or "–")
        for j in judged()
    ]  # fmt: skip
    header = ("attacks of", "network", "clean", "under the attacks", "the attacks", "left out", "stopped")
    return TextTable("The attacks that were judged, and the accuracy under them in %.", header, tuple(lines))


def mark(j: Judged, name: str) -> str:
    """What a check found."""
    return next((MARKS[row.value] for row in check_rows(j.rows) if row.metric == name), MARKS[None])


def share(j: Judged, attack: str) -> str:
    """An accuracy of a card in per cent."""
    row: Any = next((r for r in j.rows if r.metric == "accuracy" and r.attack == attack), None)
    return "not run" if row is None else f"{100 * row.value:.0f} [{100 * row.low:.0f}, {100 * row.high:.0f}]"


def listed(names: Any) -> str:
    """Names in a cell: a check's name may have commas."""
    return "; ".join(names) or "none"


def radius(row: Row) -> tuple[str, str]:
    """Norm and eps in a cell."""
    return {"Linf": "L-infinity"}.get(row.norm, row.norm), f"{row.eps:.3g}"
