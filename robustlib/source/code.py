"""The code of a function or class: its functions, its syntax tree without docstrings, its bytecode."""

import ast
import inspect
import sys
import sysconfig
import textwrap
import time
from functools import cache, lru_cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

ELSEWHERE = {Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib")}


@cache
def started() -> float:
    """When this was imported: a file that is older is the code that was imported."""
    return time.time()


started()


def followed(module: str) -> bool:
    """Whether a module is robustlib's or the user's."""
    first = module.split(".")[0]
    if first in ("robustlib", "__main__"):
        return True
    if first in sys.stdlib_module_names:
        return False
    file = getattr(sys.modules.get(module), "__file__", None)
    return file is None or not _is_installed(file)


@cache
def _is_installed(file: str) -> bool:
    """Whether a file lies where Python or pip put it."""
    return any(Path(file).resolve().is_relative_to(place) for place in ELSEWHERE)


def functions_of(value: Any) -> list[FunctionType]:
    """The function itself, or those that a class defines, in the order of their names."""
    return [value] if isinstance(value, FunctionType) else [f for f in _methods(value).values() if _of(f, value)]


def brought_in(value: Any) -> dict[str, FunctionType]:
    """A class's attributes that are functions written elsewhere: a field's default, a method that was replaced."""
    found = _methods(value) if isinstance(value, type) else {}
    return {name: f for name, f in found.items() if not _of(f, value) and followed(str(f.__module__))}


def _of(function: FunctionType, value: type) -> bool:
    """Whether a function was written in the body of a class, or made for it by `dataclass`."""
    here = function.__qualname__.startswith(f"{value.__qualname__}.") or function.__code__.co_filename == "<string>"
    return here and function.__module__ == value.__module__


def _methods(value: type) -> dict[str, FunctionType]:
    """The functions among a class's own attributes, in the order of their names, wherever they were written."""
    found = {}
    for name, item in sorted(vars(value).items()):
        item = item.fget if isinstance(item, property) else getattr(item, "__func__", item)
        item = inspect.unwrap(item) if callable(item) and not isinstance(item, type) else item
        if isinstance(item, FunctionType):
            found[name] = item
    return found


def held_by(value: Any) -> list[Any]:
    """What the functions hold from the function around them, their defaults, and what a class brings in."""
    found: list[Any] = [*brought_in(value).values()]
    for function in functions_of(value):
        if function.__code__.co_filename == "<string>":  # what dataclass makes
            continue
        found += [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
        for cell in function.__closure__ or ():
            try:
                found.append(cell.cell_contents)
            except ValueError:  # not filled yet
                continue
    return found


def tree_of(value: Any) -> ast.AST:
    """Its syntax tree, without docstrings. Raises: OSError, TypeError or SyntaxError where there is no source."""
    lines, start = inspect.getsourcelines(value)
    for function in functions_of(value):  # a class is found by its name: another of that name, or a patched method?
        code = function.__code__
        if code.co_filename != "<string>" and not start <= code.co_firstlineno <= start + len(lines):
            raise OSError(f"{function.__qualname__} is not where its class is")
    tree = ast.parse(textwrap.dedent("".join(lines)))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and ast.get_docstring(node, False):
            node.body = node.body[1:] or [ast.Pass()]
    return tree


def bytecode(code: CodeType) -> list[Any]:
    """What the interpreter runs, as plain data, nested functions included."""
    constants = [bytecode(c) if isinstance(c, CodeType) else _text(c) for c in code.co_consts]
    return [code.co_code.hex(), constants, code.co_names, code.co_varnames, code.co_freevars]


def _text(value: Any) -> str:
    """A constant as text that is equal in every process."""
    return f"frozenset {sorted(map(repr, value))}" if isinstance(value, frozenset) else repr(value)


def names_in(code: CodeType) -> set[str]:
    """The names that a code object and those in it look up: globals, and attributes too."""
    return set(code.co_names).union(*(names_in(c) for c in code.co_consts if isinstance(c, CodeType)))


def as_loaded(value: Any) -> bool:
    """Whether its file still holds the code that was imported."""
    for function in functions_of(value):
        file = function.__code__.co_filename
        try:
            changed = Path(file).stat().st_mtime
        except OSError:  # a notebook's cell, a prompt
            continue
        if changed > started() - 2:
            now = _compiled(file, changed).get(function.__code__.co_qualname, [])
            if bytecode(function.__code__) not in now:
                return False
    return True


@lru_cache(maxsize=64)
def _compiled(file: str, changed: float) -> dict[str, list[Any]]:
    """The bytecode of every function in a file as it is now, by qualified name."""
    found: dict[str, list[Any]] = {}
    waiting = [compile(Path(file).read_bytes(), file, "exec")]
    while waiting:
        code = waiting.pop()
        found.setdefault(code.co_qualname, []).append(bytecode(code))
        waiting += [c for c in code.co_consts if isinstance(c, CodeType)]
    return found
