"""The shape checker of the tests: beartype, with Python's numeric tower, so that `eps=1` is a float."""

from collections.abc import Callable
from typing import Any, get_args, runtime_checkable

from beartype import BeartypeConf, beartype

_beartype = beartype(conf=BeartypeConf(is_pep484_tower=True))


def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its arguments and its result checked at every call."""
    for hint in getattr(function, "__annotations__", {}).values():
        _let_protocols_be_checked(hint)
    return _beartype(function)


def _let_protocols_be_checked(hint: Any) -> None:
    """Protocols are checked by their members, also those that the library itself never tests with isinstance."""
    if isinstance(hint, type) and getattr(hint, "_is_protocol", False):
        runtime_checkable(hint)
    for inner in get_args(hint):
        _let_protocols_be_checked(inner)
