"""Whether a column of a row has a value that is asked for."""

import math
from collections.abc import Collection, Mapping
from typing import Any


def among(wanted: Any) -> Collection[Any]:
    """The values that are wanted: those of a tuple, list or set, or the one."""
    several = isinstance(wanted, Collection) and not isinstance(wanted, str | Mapping)
    return wanted if several else (wanted,)


def matches(value: Any, wanted: Any) -> bool:
    """Whether a column has this value, or one of these."""
    if isinstance(wanted, Collection) and not isinstance(wanted, str | Mapping):
        return value in wanted if isinstance(value, str) else any(matches(value, each) for each in wanted)
    if isinstance(value, float) and isinstance(wanted, int | float):
        return math.isclose(value, wanted, rel_tol=1e-9)
    return value == wanted
