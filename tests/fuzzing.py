"""What the fuzz tests share: the same examples in every run, and what counts as a sentence."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings


def trying(examples: int) -> Callable:
    """The same examples in every run."""
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    return settings(max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=quiet)


def outcome(call: Callable[[], Any]) -> Any:
    """What the call returns, or None if it refuses in words of the library; torch's own errors go through."""
    try:
        return call()
    except (ValueError, TypeError) as error:
        words = str(error)
        assert len(words) > 20 and " " in words, f"no sentence: {words!r}"
        assert type(error) in (ValueError, TypeError)
        return None
