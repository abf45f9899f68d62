"""The names that a piece of source takes from its module, and what they stand for there."""

import ast
import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

from robustlib.source.code import followed, functions_of

Words = tuple[str, ...]  # a dotted name; ("", module, name) for an import inside a function


def global_names(tree: ast.AST) -> set[Words]:
    """The dotted names that are not bound by a function around them, outside of annotations."""
    hints = [getattr(node, key, None) for node in ast.walk(tree) for key in ("annotation", "returns")]
    skipped = frozenset(id(hint) for hint in hints if hint is not None)
    return set(_visited(tree, frozenset(), skipped))


def _visited(node: ast.AST, bound: frozenset[str], skipped: frozenset[int]) -> Iterator[Words]:
    if id(node) in skipped:
        return
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        inside = list(ast.walk(node))
        bound |= {n.arg for n in inside if isinstance(n, ast.arg)}
        bound |= {n.id for n in inside if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield from (("", node.module, alias.name) for alias in node.names)
    words, root = _dotted(node)
    if words and words[0] not in bound:
        yield words
    if root is None:
        for child in ast.iter_child_nodes(node):
            yield from _visited(child, bound, skipped)


def _dotted(node: ast.AST) -> tuple[Words, ast.Name | None]:
    words: list[str] = []
    while isinstance(node, ast.Attribute):
        words, node = [node.attr, *words], node.value
    return ((node.id, *words), node) if isinstance(node, ast.Name) else ((), None)


def resolved(words: Words, where: Any) -> Any:
    """What a name stands for in the module of a function or class; None where it is a builtin or not there."""
    if words[0] == "":  # into robustlib only: importing what the user may not have would be a surprise
        if not words[1].startswith("robustlib."):
            return None
        try:
            return getattr(import_module(words[1]), words[2], None)
        except ImportError:
            return None
    functions = functions_of(where)
    names = functions[0].__globals__ if functions else vars(sys.modules.get(where.__module__, ast))
    found = names.get(words[0])
    for word in words[1:]:
        if not isinstance(found, ModuleType):
            break
        if not followed(found.__name__):  # sys.stdout, torch.relu: the words themselves say it
            return None
        found = getattr(found, word, None)
    return found
