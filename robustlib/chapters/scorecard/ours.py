"""What this book measured of a printed value: its interval, its seeds, how long and on what size it was trained."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from robustlib.chapters.scorecard import departures
from robustlib.chapters.scorecard.departures import Readings, smaller_than
from robustlib.chapters.scorecard.values import Value, named
from robustlib.evaluation import Cell
from robustlib.experiments import registry
from robustlib.experiments.rows import Row, select
from robustlib.experiments.stored import stored_rows, training

CHAPTERS = {"rce": ("reverse_cross_entropy",), "at2l": ("at2l", "input_defences")}
BY = ("dataset", "measurement", "metric")  # the columns by which rows are looked up
NORMAL_QUARTILES = 1.349  # the middle half of a normal distribution, in standard deviations
DUNDI = {"fig6_averages": "figure6_{}", "table2": "table2"}  # numbers that the chapter's tables make of several rows


@dataclass(frozen=True)
class Ours:
    """A measured number with its interval, in the unit of our rows."""

    value: float | None
    low: float | None
    high: float | None
    n: int | None
    seeds: int
    network: str
    smaller: str = ""  # than the paper's network, in words
    reading: str = ""  # of what the paper leaves open
    distance: bool = False

    @property
    def schedule(self) -> tuple[int | None, int | None]:
        """Epochs of ours and of the paper: of the network, or of one that it was tuned from, which was cut short."""
        found: tuple[int | None, int | None] = (None, None)
        e = registry.experiments().get(self.network)
        while e is not None:
            done = (training(e.name) or {}).get("schedule", {})
            epochs, paper = done.get("epochs"), done.get("paper_epochs")
            if found[0] is None or (epochs is not None and epochs < paper and not _short(found)):
                found = epochs, paper
            e = e.start
        return found


def _short(schedule: tuple[int | None, int | None]) -> bool:
    return schedule[0] is not None and schedule[1] is not None and schedule[0] < schedule[1]


def rows_of(paper: str) -> Mapping[tuple[Any, ...], list[Row]]:
    """The stored rows of a paper's chapters, by data set, measurement and metric."""
    names = [e.name for c in registry.chapters() if c.name in CHAPTERS.get(paper, (paper,)) for e in c.experiments]
    found: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in stored_rows(names):
        found[tuple(getattr(row, name) for name in BY)].append(row)
    return found


def beside(rows: Mapping[tuple[Any, ...], list[Row]], columns: Mapping[str, Any]) -> list[Row]:
    """The rows with these columns."""
    near = (found for key, found in rows.items() if all(_fits(columns.get(n), k) for n, k in zip(BY, key, strict=True)))
    return select((row for found in near for row in found), **columns)


def _fits(wanted: Any, value: str) -> bool:
    return wanted is None or (value in wanted if not isinstance(wanted, str) else value == wanted)


def found(
    value: Value, columns: Mapping[str, Any], rows: Mapping[tuple[Any, ...], list[Row]], readings: Readings
) -> Ours | None:
    """Ours of one printed value, by these readings of what the paper leaves open; None where nothing was measured.

    Raises: ValueError where several rows that are no seeds of one measurement fit.
    """
    if value.paper == "dundi" and value.table in DUNDI:
        return _of_a_table(value, columns)
    if (stand_in := departures.STAND_INS.get(str(columns.get("network", "")))) is not None:
        columns = dict(columns) | {"network": stand_in} | ({"images": ""} if columns.get("attack") == "" else {})
    there, reading = beside(rows, columns), ""
    for narrower, said in named(readings, value):
        if len(chosen := select(there, **narrower)) and len(chosen) < len(there):
            there, reading = chosen, said
    if not there:
        return None
    ours = replace(one(there, value.paper), reading=reading)
    return replace(ours, smaller="; ".join(filter(None, (ours.smaller, outer(value, there[0].training)))))


def outer(value: Value, training: str) -> str:
    """Of AT2L: how many outer iterations ours had where the printed number is of more; "" where they are as many."""
    printed, done = (re.search(r"(\d+) iteration|iteration (\d+)", text) for text in (value.line["training"], training))
    if printed is None or done is None or printed[1] == done[2]:
        return ""
    return f"{done[2]} of {printed[1]} outer iterations"


def one(rows: Sequence[Row], paper: str) -> Ours:
    """Several seeds as their mean, between the least and the most, as in the chapters' tables; one row as it is.

    Raises: ValueError for two rows of one seed.
    """
    if len({row.seed for row in rows}) != len(rows):
        raise ValueError(f"{len(rows)} rows fit one printed value: {[row.said for row in rows][:3]}")
    first, of = rows[0], [_ends(row) for row in rows]
    value, low, high = of[0]
    if len(rows) > 1:
        values = [v for v, _, _ in of if v is not None]
        value, low, high = sum(values) / len(values), min(values), max(values)
    smaller = smaller_than(paper, first.model)
    return Ours(value, low, high, first.n, len(rows), first.network, smaller, distance=first.metric == "distortion")


def _ends(row: Row) -> tuple[float | None, float | None, float | None]:
    """A row's value and interval. A row of distances holds quartiles: the mean, and its 95 % interval by them."""
    if row.metric != "distortion" or row.value is None or row.low is None or row.high is None or not row.n:
        return row.value, row.low, row.high
    mean = row.series["mean"]
    half = 1.96 * (row.high - row.low) / NORMAL_QUARTILES / row.n**0.5
    return mean, mean - half, mean + half


def _of_a_table(value: Value, columns: Mapping[str, Any]) -> Ours | None:
    """Of DunDi's means over networks and over attacks, which its chapter makes from several rows."""
    dataset = {"MNIST": "mnist", "CIFAR-10": "cifar10"}[value.line["dataset"]]
    cells = registry.table(f"dundi/{DUNDI[value.table].format(dataset)}")().cells
    if value.table == "table2":
        count = int("".join(filter(str.isdigit, value.line["training"])))
        column = "success rate" if value.line["attack"] else "accuracy"
        return _cell([c for c in cells if c.row.startswith(f"{count:,} ") and c.column == column], columns["network"])
    attack = value.line["attack"]
    mine = [c for c in cells if c.column == ("mean of the four" if attack.startswith("mean") else attack)]
    mean = [c for c in mine if c.row.startswith("mean of")]
    alone = [c for c in mine if "DunDi_" in c.row]
    network = "dundi-mnist-r1" if dataset == "mnist" else "dundi-cifar10-quarter-p"
    return _cell(alone if len(alone) == 1 else mean, network)  # one network has the interval of its own draws


def _cell(cells: Collection[Cell] | Iterable[Cell], network: str) -> Ours | None:
    """The only cell, as shares."""
    of = [c for c in cells if c.ours is not None]
    if len(of) != 1:
        return None
    low, value, high = (None if v is None else v / 100 for v in (of[0].low, of[0].ours, of[0].high))
    return Ours(value, low, high, of[0].n, 1, network, smaller_than("dundi", registry.experiment(network).architecture))
