"""The rows of which the table, its chart and its sentences speak: of one seed, or of all that are there as one row.

A method is called by its key in `methods`. What was not run is None, and cannot be said.
"""

from collections.abc import Sequence
from dataclasses import replace

from robustlib.chapters.one_table.methods import BY_KEY, METHODS, RADII
from robustlib.experiments import Row, maybe, registry, select, stored_rows
from robustlib.experiments.row_unions import over_seeds, together
from robustlib.experiments.rows import pack, unpack
from robustlib.experiments.standard_suite import CHEAP, WORST

AUTO, WORST_OF_ALL = "AutoAttack", "worst case"
SUITE = (*CHEAP, AUTO)


def seeds(key: str) -> Sequence[int]:
    """Those that are planned."""
    return registry.experiment(BY_KEY[key].network).seeds


def rows(key: str, kind: str, seed: int) -> list[Row]:
    """What one measurement of one seed found."""
    return stored_rows(BY_KEY[key].network, kind, seed)


def clean_of(key: str, seed: int) -> Row | None:
    """The accuracy on all test images."""
    return maybe(rows(key, "distance-and-cost", seed), metric="accuracy", attack="")


def suite_of(key: str, eps: float, seed: int) -> Row | None:
    """What the suite leaves: per image the worst of its four attacks, at this radius and at the smaller ones."""
    found = select(rows(key, "standard", seed), metric="accuracy", attack=SUITE)
    at = select(found, eps=eps)
    if {row.attack for row in at} != set(SUITE):
        return None
    return together([*at, *(row for row in found if (row.eps or 0) < eps)], WORST, eps)


def own_of(key: str, eps: float, seed: int) -> Row | None:
    """What its own attack leaves by itself; None also where it has none."""
    if not BY_KEY[key].own:
        return None
    return maybe(rows(key, "own", seed), metric="accuracy", attack=BY_KEY[key].own, eps=eps)


def own_beside_suite(key: str, eps: float, seed: int) -> Row | None:
    """`own_of` on the images of the suite's worst case alone, where that is there."""
    own_row, suite_row = own_of(key, eps, seed), suite_of(key, eps, seed)
    if own_row is None or suite_row is None or own_row.n is None:
        return own_row
    n = min(own_row.n, suite_row.n or 0)
    return together([replace(own_row, n=n, bits=pack(unpack(own_row.bits, own_row.n)[:n]))], own_row.attack)


def worst_of(key: str, eps: float, seed: int) -> Row | None:
    """Per image the worst of the suite and the method's own attack, on the images of AutoAttack.

    None as long as one of both was not run: a defence without its own attack is not judged.
    """
    suite, own = suite_of(key, eps, seed), own_of(key, eps, seed)
    if suite is None or (BY_KEY[key].own and own is None):
        return None
    smaller = [row for row in rows(key, "own", seed) if row.metric == "accuracy" and (row.eps or 0) < eps]
    return together([suite, *([own] if own else []), *smaller], WORST_OF_ALL, eps)


def distance_of(key: str, seed: int) -> Row | None:
    """The median L2 distance to the nearest wrong image that DDN found."""
    return maybe(rows(key, "distance-and-cost", seed), metric="distortion")


def clean(key: str) -> Row | None:
    """`clean_of`, over the seeds that are there."""
    return over_seeds([row for seed in seeds(key) if (row := clean_of(key, seed))])


def suite(key: str, eps: float) -> Row | None:
    """`suite_of`, over the seeds that are there."""
    return over_seeds([row for seed in seeds(key) if (row := suite_of(key, eps, seed))])


def own(key: str, eps: float) -> Row | None:
    """`own_beside_suite`, over the seeds that are there."""
    return over_seeds([row for seed in seeds(key) if (row := own_beside_suite(key, eps, seed))])


def worst(key: str, eps: float) -> Row | None:
    """`worst_of`, over the seeds that are there."""
    return over_seeds([row for seed in seeds(key) if (row := worst_of(key, eps, seed))])


def distance(key: str) -> Row | None:
    """`distance_of`, over the seeds that are there."""
    return over_seeds([row for seed in seeds(key) if (row := distance_of(key, seed))])


def judged() -> list[str]:
    """The methods of which a worst case at every radius is there."""
    return [m.key for m in METHODS if all(worst(m.key, eps) for eps in RADII)]


def waiting() -> list[str]:
    """The labels of the others, in the order of the table."""
    there = judged()
    return [m.label for m in METHODS if m.key not in there]


def most(eps: float, *, attacked: bool) -> tuple[str, Row] | None:
    """Of the methods that train on attacked images, or of those that do not, the one with the most left, and its row.

    None while a method of that kind waits. The control is no method of its own.
    """
    found = [(m, worst(m.key, eps)) for m in METHODS if m.attacked == attacked and not m.control]
    rows_there = [(m.label, row) for m, row in found if row is not None and row.value is not None]
    return max(rows_there, key=lambda each: each[1].value or 0.0) if len(rows_there) == len(found) else None


def lowered() -> tuple[str, float, Row, Row] | None:
    """The method whose own attack takes most from what the suite leaves, at which radius, and what stands before and
    after. None while one of them waits.
    """
    keys = [m.key for m in METHODS if m.own]
    found = [(BY_KEY[k].label, eps, suite(k, eps), worst(k, eps)) for k in keys for eps in RADII]
    there = [(name, eps, a, b) for name, eps, a, b in found if a is not None and b is not None]
    return (
        max(there, key=lambda each: (each[2].value or 0) - (each[3].value or 0)) if len(there) == len(found) else None
    )


def seeds_of_worst(key: str, eps: float) -> list[Row]:
    """`worst_of` of every seed that is there, for `evidence`."""
    return [row for seed in seeds(key) if (row := worst_of(key, eps, seed))]


def steps_taken() -> tuple[list[tuple[str, float]], int]:
    """Where a method's own attack broke an image that the suite had left, and how many comparisons there are."""
    keys = [m.key for m in METHODS if m.own]
    pairs = [(BY_KEY[k].label, eps, suite(k, eps), worst(k, eps)) for k in keys for eps in RADII]
    there = [(name, eps, a, b) for name, eps, a, b in pairs if a is not None and b is not None]
    return [(name, eps) for name, eps, a, b in there if (b.value or 0) < (a.value or 0)], len(there)
