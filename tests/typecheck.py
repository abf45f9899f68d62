"""The shape checker of the tests: beartype and jaxtyping, with Python's numeric tower, so that `eps=1` is a float.

jaxtyping's own decorator binds the arguments anew and checks them twice at each call, which made a third of the tests'
time. Here beartype checks once, and jaxtyping keeps the axes of a call together only where shapes are written.
"""

from collections.abc import Callable
from dataclasses import is_dataclass
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any, get_args, runtime_checkable

import jaxtyping
from beartype import BeartypeConf, beartype

_beartype = beartype(conf=BeartypeConf(is_pep484_tower=True))
_jaxtyped = jaxtyping.jaxtyped
_OF_ONE_CALL = _jaxtyped("context")  # within it, an axis of one name has one length


def install() -> None:
    """Have every function and dataclass of robustlib checked that is imported from now on."""
    jaxtyping.jaxtyped = _decorator  # which is what the hook writes before each of them
    jaxtyping.install_import_hook("robustlib", "typecheck.checked")


def _decorator(*, typechecker: Any) -> Callable[[Any], Any]:
    return lambda value: typechecker(value)


def checked(value: Any) -> Any:
    """A function with its arguments and its result checked at every call; of a class, its `__init__` if it is a
    dataclass, for its methods have been seen to.
    """
    if isinstance(value, type):
        if is_dataclass(value) and "__init__" in vars(value):
            value.__init__ = checked(value.__init__)
        return value
    if isinstance(value, classmethod | staticmethod):
        return type(value)(checked(value.__func__))
    if isinstance(value, property):
        return property(*(part and checked(part) for part in (value.fget, value.fset, value.fdel)))
    hints = [*getattr(value, "__annotations__", {}).values()]
    for hint in hints:
        _let_protocols_be_checked(hint)
    if isgeneratorfunction(value):  # which beartype checks when it is first asked, in the midst of another call
        return _jaxtyped(value, typechecker=_beartype)
    once = _beartype(value)
    if once is value or not any(map(_has_shapes, hints)):
        return once

    @wraps(value)
    def call(*args: Any, **fields: Any) -> Any:
        with _OF_ONE_CALL:
            return once(*args, **fields)

    return call


def _has_shapes(hint: Any) -> bool:
    """Whether an annotation names the axes of an array; one that is still text may."""
    array = isinstance(hint, type) and issubclass(hint, jaxtyping.AbstractArray)
    return array or isinstance(hint, str) or any(map(_has_shapes, get_args(hint)))


def _let_protocols_be_checked(hint: Any) -> None:
    """Protocols are checked by their members, also those that the library itself never tests with isinstance."""
    if isinstance(hint, type) and getattr(hint, "_is_protocol", False):
        runtime_checkable(hint)
    for inner in get_args(hint):
        _let_protocols_be_checked(inner)
