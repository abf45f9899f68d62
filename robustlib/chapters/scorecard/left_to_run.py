"""What the trainings and measurements of each chapter took, and what of them is not there yet."""

from collections.abc import Iterable
from typing import Any

from robustlib.evaluation import TextTable
from robustlib.experiments import registry
from robustlib.experiments.experiment import Experiment
from robustlib.experiments.measurement import Measurement
from robustlib.experiments.registry import Chapter
from robustlib.experiments.results import find_result

HOUR = 3600
CALLED = {"input_defences": "three input defences", "at2l": "AT²L", "madnet": "MadNet", "dundi": "DunDi"}


def hours() -> TextTable:
    """A row a chapter: results that are there and that are not, and the hours that those there took."""
    rows, devices = [], set[str]()
    for chapter in registry.chapters():
        if chapter.experiments:
            name = CALLED.get(chapter.name, chapter.name.replace("_", " "))
            devices |= {found["device"] for found in _sorted(chapter.experiments)[0]}
            rows.append((name, *_trained(chapter), *_measured(chapter)))
    header = (
        "chapter", "trained", "not trained", "below the paper's epochs", "hours of training", "measured",
        "not measured", "hours of measuring",
    )  # fmt: skip
    caption = "Networks and measurements, each seed counted; hours by the clock"
    caption += f", trained on: {' and '.join(sorted(devices)) or 'nothing yet'}."
    return TextTable(caption, header, tuple(rows))


def _trained(chapter: Chapter) -> tuple[str, ...]:
    there, absent = _sorted(chapter.experiments)
    short = sum(found["schedule"]["epochs"] < found["schedule"]["paper_epochs"] for found in there)
    return str(len(there)), str(absent), str(short), f"{sum(f['seconds']['train'] for f in there) / HOUR:.1f}"


def _measured(chapter: Chapter) -> tuple[str, ...]:
    there, absent = _sorted(chapter.measurements)
    return str(len(there)), str(absent), f"{sum(f['seconds']['evaluate'] for f in there) / HOUR:.1f}"


def _sorted(planned: Iterable[Experiment] | Iterable[Measurement]) -> tuple[list[dict[str, Any]], int]:
    """The results that are there, and how many are not."""
    found = [find_result(what.name, seed) for what in planned for seed in what.seeds]
    return [f for f in found if f is not None], found.count(None)


def totals() -> dict[str, float]:
    """Over all chapters: "trained", "not trained", "measured", "not measured", "hours"."""
    rows = hours().rows
    columns = {"trained": 1, "not trained": 2, "below": 3, "measured": 5, "not measured": 6}
    found = {name: sum(float(row[i]) for row in rows) for name, i in columns.items()}
    return found | {"hours": sum(float(row[i]) for row in rows for i in (4, 7))}
