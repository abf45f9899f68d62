"""What the chapters have joined: their networks, measurements, tables and attacks, by name.

A chapter reaches another's by asking here, never by importing it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from robustlib.experiments.experiment import Experiment
from robustlib.experiments.measurement import Measurement


@dataclass(frozen=True)
class Chapter:
    """What one chapter of the book brings along."""

    name: str  # its folder, and its notebook
    experiments: tuple[Experiment, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    tables: Mapping[str, Callable[[], Any]] = field(default_factory=dict)  # name -> what makes it
    attacks: Mapping[str, Callable[..., Any]] = field(default_factory=dict)  # adaptive attacks: name -> (...) -> Attack

    def names(self) -> list[str]:
        """What it claims: no other chapter may, nor it twice."""
        return [*(e.name for e in self.experiments), *(m.name for m in self.measurements), *self.attacks]


_CHAPTERS: dict[str, Chapter] = {}


def join(chapter: Chapter) -> None:
    """Add a chapter; once more does no harm.

    Raises: ValueError where another chapter has its name or one of its names already, or it has a name twice itself.
    """
    if _CHAPTERS.get(chapter.name, chapter) is not chapter:
        raise ValueError(f"there is another chapter {chapter.name!r} already")
    owner = {name: other.name for other in chapters() if other is not chapter for name in other.names()}
    for name in chapter.names():
        if name in owner:
            raise ValueError(f"{name!r} is claimed by the chapters {owner[name]!r} and {chapter.name!r}")
        owner[name] = chapter.name
    _CHAPTERS[chapter.name] = chapter


def chapters() -> tuple[Chapter, ...]:
    """All that have joined."""
    return tuple(_CHAPTERS.values())


def experiments() -> Mapping[str, Experiment]:
    """Every network of the book."""
    return _by_name("experiments")


def measurements() -> Mapping[str, Measurement]:
    """Everything that is measured on them."""
    return _by_name("measurements")


# What was asked for -> the chapters of that moment, and their experiments or measurements by name.
_NAMED: dict[str, tuple[tuple[Chapter, ...], Mapping[str, Any]]] = {}


def _by_name(what: str) -> Mapping[str, Any]:
    """Gathered once for the same chapters: whoever reads all results asks for each name."""
    of, found = _NAMED.get(what, ((), MappingProxyType({})))
    if len(of) != len(_CHAPTERS) or any(a is not b for a, b in zip(of, chapters(), strict=True)):
        found = MappingProxyType({each.name: each for chapter in chapters() for each in getattr(chapter, what)})
        _NAMED[what] = chapters(), found
    return found


def tables() -> dict[str, Callable[[], Any]]:
    """Every table, as "chapter/table"."""
    return {f"{chapter.name}/{name}": make for chapter in chapters() for name, make in chapter.tables.items()}


def experiment(name: str) -> Experiment:
    """The network of this name. Raises: LookupError, with the nearest names, where there is none."""
    return _find(name, experiments(), "network")


def measurement(name: str) -> Measurement:
    """The measurement of this name. Raises: LookupError."""
    return _find(name, measurements(), "measurement")


def planned(name: str) -> Experiment | Measurement:
    """The network or the measurement of this name. Raises: LookupError."""
    return _find(name, {**experiments(), **measurements()}, "network or measurement")


def table(name: str) -> Callable[[], Any]:
    """What makes the table of this name. Raises: LookupError."""
    return _find(name, tables(), "table")


def attack(name: str, *given: Any, **fields: Any) -> Any:
    """An adaptive attack that some chapter brings along, made from these fields. Raises: LookupError."""
    known = {k: make for chapter in chapters() for k, make in chapter.attacks.items()}
    return _find(name, known, "adaptive attack")(*given, **fields)


def _find(name: str, known: Mapping[str, Any], what: str) -> Any:
    if name not in known:
        near = get_close_matches(name, known, 3) or sorted(known)[:3]
        meant = ", ".join(near) or "one of a chapter that has not joined"
        raise LookupError(f"no {what} {name!r}; did you mean {meant}?")
    return known[name]
