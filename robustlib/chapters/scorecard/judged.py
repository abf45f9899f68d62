"""The verdict of every printed value: from its rule, our rows and the reasons why some are not compared."""

from dataclasses import dataclass
from typing import Any

from robustlib.chapters.scorecard import departures
from robustlib.chapters.scorecard.departures import READINGS, Readings
from robustlib.chapters.scorecard.ours import Ours, beside, found, one, rows_of
from robustlib.chapters.scorecard.values import PAPERS, Value, every, mapped, named
from robustlib.chapters.scorecard.verdict import CANNOT, NOT_ATTEMPTED, OTHERWISE, verdict, worst
from robustlib.experiments.printed import without_counterpart


@dataclass(frozen=True)
class Judged:
    """A printed value, what became of it, why, and ours where there is one."""

    value: Value
    verdict: str
    why: str = ""
    ours: Ours | None = None


def judged(readings: Readings = READINGS) -> list[Judged]:
    """Every printed value once, in the order of the papers."""
    rows = {paper: rows_of(paper) for paper in PAPERS}
    return [judge(value, rows[value.paper], readings) for value in every()]


def judge(value: Value, rows: Any, readings: Readings = READINGS) -> Judged:
    """One value. What cannot be tested needs no row; what was measured on something else is not compared."""
    for why in named(departures.UNTESTABLE, value):
        return Judged(value, CANNOT, why)
    if (bound := departures.BOUNDS.get((value.paper, value.key))) is not None:
        return _of_bound(value, rows, *bound)
    of = mapped(value.paper).get(departures.REPEATS.get((value.paper, value.key), value.key))
    ours = None if of is None else found(value, of.columns, rows, readings)
    if ours is None:
        return Judged(value, NOT_ATTEMPTED, "not run yet" if of is not None else _without(value))
    for why in named(departures.OTHER, value):
        return Judged(value, OTHERWISE, why, ours)
    if ours.value is None:
        return Judged(value, CANNOT, "our attack left no image that the number could be taken of", ours)
    return Judged(value, _by_rule(value.value, ours), reasons(ours), ours)


def _by_rule(printed: float, ours: Ours, **sense: Any) -> str:
    epochs, paper_epochs = ours.schedule
    smaller, unit = bool(ours.smaller), "distance" if ours.distance else "share"
    scale: dict[str, Any] = {"epochs": epochs, "paper_epochs": paper_epochs, "smaller": smaller, "unit": unit}
    return verdict(printed, ours.low, ours.high, **scale, **sense)


def _of_bound(value: Value, rows: Any, sense: str, columns: Any) -> Judged:
    """A printed bound over several pairs of networks: it agrees where it does for each pair that was measured."""
    pairs = beside(rows, columns)
    every_pair = [one([row], value.paper) for row in pairs if row.value is not None]
    if not every_pair:
        return Judged(value, NOT_ATTEMPTED, "not run yet")
    said = f"{len(every_pair)} of {len(pairs)} pairs of networks; the others left no image to count"
    verdicts = [_by_rule(value.value, ours, sense=sense) for ours in every_pair]
    extreme = sorted(every_pair, key=lambda ours: ours.value or 0.0)[-1 if sense == "below" else 0]
    return Judged(value, worst(verdicts), said, extreme)


def _without(value: Value) -> str:
    """Why a value has no rule."""
    reasons = without_counterpart(value.paper)
    return reasons.get(value.key, reasons.get(value.table, "no rule says which row of ours belongs beside it"))


def reasons(ours: Ours) -> str:
    """What a reader has to know of our number: a smaller network, and the reading of what the paper leaves open."""
    return "; ".join(filter(None, (ours.smaller, ours.reading)))
