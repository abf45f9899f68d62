"""A measured share with its interval, in whichever form it comes."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from robustlib.evaluation import Outcome

BANDS = "Bands: 95 % intervals."


class Reading(NamedTuple):
    """A measured share and its 95 % interval, all in [0, 1]."""

    share: float
    low: float
    high: float


def reading(of: Outcome | Mapping[str, Any] | Sequence[float]) -> Reading:
    """An outcome, a stored outcome (accuracy, low, high) or three numbers as a reading.

    Raises: ValueError unless 0 <= low <= share <= high <= 1, up to rounding: percentages are no shares.
    """
    if isinstance(of, Outcome):
        found = Reading(of.accuracy, *of.interval)
    elif isinstance(of, Mapping):
        found = Reading(of["accuracy"], of["low"], of["high"])
    else:
        found = Reading(*of)
    if not -1e-6 <= found.low <= found.share + 1e-6 <= found.high + 2e-6 <= 1 + 3e-6:
        raise ValueError(f"need 0 <= low <= share <= high <= 1, got {found}")
    return found
