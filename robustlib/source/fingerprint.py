"""The fingerprint of values: the source of their classes and functions, and of all that these refer to."""

import hashlib
import inspect
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache, partial
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import torch
from torch import nn

from robustlib.describe import describe
from robustlib.source.code import as_loaded, brought_in, bytecode, followed, functions_of, held_by, names_in, tree_of
from robustlib.source.names import Words, global_names, resolved
from robustlib.source.tree import tree_text

Told = tuple[str, list[Any]]  # a value's own text, and the values it refers to
Known = dict[int, tuple[Any, Told]]  # of functions and classes, by id, with what has that id


def fingerprint_of(*values: Any, apart: tuple[str, ...] = (), known: Known | None = None) -> str:
    """The sha256 of the source of the values' classes and functions and of all that these refer to by name.

    Followed through fields, layers, containers, base classes, calls and module constants, into robustlib and into the
    user's own modules; not into the standard library nor into other installed packages, which count by name. Docstrings
    and comments are left out, and so are numbers and weights held by the values: `describe` has those. What has no
    source (typed at a prompt), or was edited since it was imported, counts by its bytecode. Equal in every process,
    whatever the module is called there. What lies in the modules `apart` counts by name. Calls that share `known` read
    each function and class once: for the fingerprints of one moment.
    """
    seen: dict[int, Any] = {}
    known = {} if known is None else known
    texts: set[str] = set()
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if id(value) not in seen:
            seen[id(value)] = value  # kept, so that no other object gets its id
            text, further = _named(value) if _home(value).startswith(apart) else _told_once(value, known)
            texts.add(text)
            waiting += further
    return hashlib.sha256("\n".join(sorted(texts)).encode()).hexdigest()


def _home(value: Any) -> str:
    """The module of a function or class, or of a value's class."""
    return str(getattr(value if isinstance(value, FunctionType | type) else type(value), "__module__", ""))


def _named(value: Any) -> Told:
    return f"{_home(value)}.{getattr(value, '__qualname__', type(value).__qualname__)}", []


def _told_once(value: Any, known: Known) -> Told:
    if not isinstance(value, FunctionType | type):
        return _told(value)
    if id(value) not in known:
        known[id(value)] = value, _told(value)
    return known[id(value)][1]


def _told(value: Any) -> Told:
    if isinstance(value, MethodType):
        return "", [value.__func__, value.__self__]
    if isinstance(value, FunctionType | type):
        return _of_code(
            value if isinstance(value, type) else inspect.unwrap(value)
        )  # staticmethod.__wrapped__ is a slot
    if isinstance(value, partial):
        return "", [value.func, *value.args, *value.keywords.values()]
    if isinstance(value, Mapping):
        return "", [*value.values()]
    if isinstance(value, list | tuple | set | frozenset):
        return "", list(value)
    if isinstance(value, nn.Module):
        return "", [v for m in value.modules() for v in (type(m), *_configured(m))]
    if callable(value) and isinstance(getattr(value, "__wrapped__", None), FunctionType):  # lru_cache and its like
        return "", [value.__wrapped__]
    if is_dataclass(value):
        return "", [type(value), *(getattr(value, f.name, None) for f in fields(value))]
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return "", []
    return "", [type(value), *_configured(value)]


def _configured(value: Any) -> list[Any]:
    """The functions and configured values among an object's attributes."""
    found = vars(value) if hasattr(value, "__dict__") else {}
    return [v for v in found.values() if isinstance(v, FunctionType | MethodType | type | partial) or is_dataclass(v)]


def _of_code(value: Any) -> Told:
    """A function's or class's text, and what its names stand for at this moment: a later cell may define one anew."""
    package = str(value.__module__)
    if not followed(package):  # by the package's name: inside it, things move from one version to the next
        return f"{package.split('.')[0]}.{value.__qualname__}", []
    further = list(value.__mro__[1:-1]) if isinstance(value, type) else []
    further += held_by(value)
    text, names = _text_and_names(value, tuple(f.__code__ for f in functions_of(value)))
    constants = [f"{name} = {function.__qualname__}" for name, function in brought_in(value).items()]
    for words in names:
        found = resolved(words, value)
        if found is not None and not isinstance(found, ModuleType):
            further.append(found)
            constants.append(_constant(words, found))
    return "\n".join([value.__qualname__, text, *constants]), further


@lru_cache(maxsize=4096)
def _text_and_names(value: Any, codes: tuple[CodeType, ...]) -> tuple[str, list[Words]]:
    """The source of a function or class, else its bytecode, and the names that it takes from its module.

    Kept for as long as its functions are these codes: a method may be replaced.
    """
    try:
        if not as_loaded(value):
            raise OSError("edited since it was imported")
        tree = tree_of(value)
        return tree_text(tree), sorted(global_names(tree))
    except (OSError, TypeError, SyntaxError, ValueError):  # no source, or not that of what runs
        functions = functions_of(value)
        text = str([(bytecode(f.__code__), _constant(("",), f.__defaults__)) for f in functions])
        return text, sorted({(name,) for function in functions for name in names_in(function.__code__)})


def _constant(words: tuple[str, ...], value: Any) -> str:
    """A module's constant as text; a lower-case name of what can change is a store, not a constant."""
    mutable = isinstance(value, dict | list | set | torch.Tensor | nn.Module)
    if isinstance(value, FunctionType | type) or (mutable and not words[-1].isupper()):
        return ""
    try:
        return f"{'.'.join(words)} = {json.dumps(describe(value), sort_keys=True)}"
    except (TypeError, ValueError, RecursionError):
        return ""
