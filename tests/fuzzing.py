"""What the fuzz tests share: what counts as a sentence."""

from collections.abc import Callable
from typing import Any


def outcome(call: Callable[[], Any]) -> Any:
    """What the call returns, or None if it refuses in words of the library; torch's own errors go through."""
    try:
        return call()
    except (ValueError, TypeError) as error:
        words = str(error)
        assert len(words) > 20 and " " in words, f"no sentence: {words!r}"
        assert type(error) in (ValueError, TypeError)
        return None
