"""Relations between measured numbers, in words that mean something fixed: a sentence may use no others."""

import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from robustlib.experiments.quantities import Quantity, quantities
from robustlib.experiments.scale import written_for_this

COUNTS = {"three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twenty": 20}
COUNTS |= {"thirty": 30, "forty": 40, "fifty": 50}
FACTORS = {"half": 1 / 2, "a third": 1 / 3, "two thirds": 2 / 3, "a quarter": 1 / 4, "three quarters": 3 / 4}
FACTORS |= {"a fifth": 1 / 5, "one in five": 1 / 5, "a tenth": 1 / 10, "one in ten": 1 / 10, "nine in ten": 9 / 10}
FACTORS |= {"twice": 2, "a hundred times": 100} | {f"{word} times": n for word, n in COUNTS.items()}
SAME = {"fewer than": "less than", "most": "more than half", "nearly all": "at least nine in ten"}
SAME |= {"higher than": "more than", "above": "more than", "lower than": "less than", "below": "less than"}
SAME |= {"hardly any": "at most a tenth"}
FACTORED = re.compile(rf"(about|more than|less than|at least|at most)(?: ({'|'.join(FACTORS)}))?")
NEAR, POINTS = 0.15, 0.05


@dataclass(frozen=True)
class Relation:
    """What words mean: the test of a pair, the same as a formula, and whether they may be said of one share alone."""

    test: Callable[[Quantity, Quantity], bool]
    meaning: str
    alone: bool = False


def _level(a: Quantity, b: Quantity) -> bool:
    allowed = POINTS if a.share or b.share else POINTS * max(abs(a.value), abs(b.value))
    apart = a.low > b.high or b.low > a.high
    return abs(a.value - b.value) <= allowed and (a.bare or b.bare or not apart)


def _about(a: Quantity, b: Quantity) -> bool:
    return abs(a.value - b.value) <= NEAR * abs(b.value) and b.value / 2 <= a.low <= a.high <= 2 * b.value


PLAIN = {
    "none": Relation(lambda a, b: a.value == 0, "a = 0", alone=True),
    "no more than": Relation(lambda a, b: a.low <= b.high, "a- <= b+"),
    "no less than": Relation(lambda a, b: a.high >= b.low, "a+ >= b-"),
    "level with": Relation(_level, "the intervals meet, |a - b| <= 0.05, or 5 % of what is no share"),
    "within a point": Relation(lambda a, b: abs(a.value - b.value) <= 0.01, "|a - b| <= 0.01"),
    "within half a point": Relation(lambda a, b: abs(a.value - b.value) <= 0.005, "|a - b| <= 0.005"),
}
COMPARED = {
    "about": Relation(_about, "a within 15 % of {0}b, its interval between half and twice {0}b"),
    "more than": Relation(lambda a, b: a.low > b.high, "a- > {0}b+"),
    "less than": Relation(lambda a, b: a.high < b.low, "a+ < {0}b-"),
    "at least": Relation(lambda a, b: a.low >= b.high, "a- >= {0}b+"),
    "at most": Relation(lambda a, b: a.high <= b.low, "a+ <= {0}b-"),
}
TRENDS = {"rises": 1, "falls": -1}


def relation(words: str) -> Relation:
    """What these words mean. Raises: ValueError for words without a meaning."""
    said = (words[:1].lower() + words[1:]).removesuffix(" of")
    if said in PLAIN:
        return PLAIN[said]
    found = FACTORED.fullmatch(SAME.get(said, said))
    if found is None or found.groups() == ("about", None):
        known = [*PLAIN, *TRENDS, *SAME, *COMPARED, "about half of", "less than a third of", "at least twice"]
        raise ValueError(f'"{words}" has no fixed meaning; use one of {", ".join(known)}, or see `holds`')
    how, factor = COMPARED[found[1]], FACTORS[found[2]] if found[2] else 1.0
    said_factor = f"{factor:.3g} " if found[2] else ""
    return Relation(lambda a, b: how.test(a, _times(factor, b)), how.meaning.format(said_factor), bool(found[2]))


def holds(words: str, a: Any, b: Any = None) -> None:
    """Assert that a relation holds between measured numbers, so that a sentence beside it may use these words.

    `a` and `b` are rows, cells, outcomes or numbers, or lists of them: a list beside a list is taken pair by pair, a
    list beside one each with that one. Without `b` a share is compared with all its images. a- and a+ are the ends of
    the interval of a (95 %, or least and most over draws, as the row has it), for a number without interval itself.

    ============================================  ============================================================
    more than, higher than, above                 a- > b+
    less than, lower than, below, fewer than      a+ < b-
    at least; at most                             a- >= b+; a+ <= b-
    no more than; no less than                    a- <= b+; a+ >= b-: a difference is not shown
    level with                                    a and b differ by at most 5 points (by 5 per cent of the larger,
                                                  where they are no shares), and intervals, if both have one, meet
    within a point of, within half a point of     a and b differ by at most 0.01, 0.005, whatever the intervals
    about half of, about twice, ...               a within 15 per cent of F b, a- and a+ between F b / 2 and 2 F b
    more than half of, less than a third of,      as above, with F b, F b- and F b+ in the place of b, b- and b+
    at least twice, at most a fifth of, ...
    most of; nearly all of; hardly any of; none   more than half; at least nine in ten; at most a tenth; a = 0
    rises; falls                                  of one list: no value below (above) the one before, and the
                                                  last is "more than" ("less than") the first
    ============================================  ============================================================

    F is half, a third, two thirds, a quarter, three quarters, a fifth or one in five, a tenth or one in ten, nine in
    ten, twice, three (to ten, twenty, forty, fifty) times, a hundred times. A last "of" may be left out.

    >>> holds("about half of", 0.11, 0.21)
    >>> holds("hardly any", 0.12)
    Traceback (most recent call last):
    AssertionError: "hardly any" does not hold (a+ <= 0.1 b-): a = 0.12; b = all images

    At the scale "full" (`run_at`) one that does not hold is a warning.

    Raises: AssertionError, with the rows and their numbers, where it does not hold; ValueError for other words, rows
    that are not there, and lists of different lengths.
    """
    if (broken := broken_relation(words, a, b)) and written_for_this():
        raise AssertionError(broken)
    if broken:
        warnings.warn(f"at this scale the text is wrong here: {broken}", stacklevel=2)


def broken_relation(words: str, a: Any, b: Any = None) -> str:
    """Why a relation does not hold, with the rows and their numbers; nothing where it does. Raises: ValueError."""
    first = quantities(a, "a")
    if words in TRENDS:
        return _follows(words, first, b)
    meant = relation(words)
    if b is None and not meant.alone:
        raise ValueError(f'"{words}" compares two things, and got one')
    second = [Quantity(1, 1, 1, "")] if b is None else quantities(b, "b")
    if len({len(first), len(second)} - {1}) > 1:
        raise ValueError(f'"{words}" got {len(first)} and {len(second)} numbers: give as many of each, or one')
    pairs = max(len(first), len(second))
    for one, other in zip([*first] * (pairs // len(first)), [*second] * (pairs // len(second)), strict=True):
        if not meant.test(one, other):
            shown = "all images" if b is None else str(other)
            return f'"{words}" does not hold ({meant.meaning}): a = {one}; b = {shown}'
    return ""


def _follows(words: str, found: Sequence[Quantity], b: Any) -> str:
    """Why the list does not rise or fall. Raises: ValueError unless it is one list of two or more."""
    if b is not None or len(found) < 2:
        raise ValueError(f'"{words}" is said of one list of two numbers or more')
    sign = TRENDS[words]
    ordered = all(sign * (after.value - before.value) >= 0 for before, after in pairwise(found))
    ends = "more than" if sign > 0 else "less than"
    if ordered and COMPARED[ends].test(found[-1], found[0]):
        return ""
    return f'"{words}" does not hold (in order, and the ends apart): {"; ".join(map(str, found))}'


def _times(factor: float, b: Quantity) -> Quantity:
    return replace(b, value=factor * b.value, low=factor * b.low, high=factor * b.high)
