"""What of a chapter its exercises need: the imports and cells that bind the names which they read, and no more."""

import ast
import builtins
import symtable
from collections.abc import Iterator
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

BUILT_IN = frozenset(dir(builtins)) | {"get_ipython", "__name__"}


def python(source: str) -> str:
    """The source of a cell as plain Python: magics become calls."""
    return TransformerManager().transform_cell(source)


def _free(table: symtable.SymbolTable) -> Iterator[str]:
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (symbol.is_global() or table.get_type() == "module"):
            yield symbol.get_name()
    for inner in table.get_children():
        yield from _free(inner)


def reads(source: str) -> set[str]:
    """The names that a piece of code takes from what ran before it, in the order of its statements."""
    taken: set[str] = set()
    _walk(ast.parse(python(source)).body, set(), taken)
    return taken - BUILT_IN


def _walk(body: list[ast.stmt], bound: set[str], taken: set[str]) -> None:
    """Go through statements in their order, into the bodies of loops and conditions as well."""
    for node in body:
        if not isinstance(node, ast.For | ast.If | ast.While | ast.With | ast.Try):
            taken |= set(_free(symtable.symtable(ast.unparse(node), "cell", "exec"))) - bound
            bound |= binds(ast.unparse(node))
            continue
        for part in ast.iter_child_nodes(node):
            if not isinstance(part, ast.stmt | ast.ExceptHandler):
                names = [n for n in ast.walk(part) if isinstance(n, ast.Name)]
                taken |= {n.id for n in names if isinstance(n.ctx, ast.Load)} - bound
                bound |= {n.id for n in names if isinstance(n.ctx, ast.Store)}
        handlers = [line for handler in getattr(node, "handlers", []) for line in handler.body]
        for block in (node.body, handlers, getattr(node, "orelse", []), getattr(node, "finalbody", [])):
            _walk(block, bound, taken)


def binds(source: str) -> set[str]:
    """The names that a piece of code defines, imports or assigns."""
    table = symtable.symtable(python(source), "cell", "exec")
    return {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}


def imports(source: str, names: set[str]) -> tuple[list[str], set[str]]:
    """The import lines of a cell that bind these names, without what else they import; and the names they bind."""
    lines, found = [], set()
    for node in ast.parse(python(source)).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            here = [a for a in node.names if (a.asname or a.name.split(".")[0]) in names]
            if here:
                found |= {a.asname or a.name.split(".")[0] for a in here}
                one = (
                    ast.ImportFrom(node.module, here, node.level)
                    if isinstance(node, ast.ImportFrom)
                    else ast.Import(here)
                )
                lines.append(ast.unparse(one))
    return lines, found


def needed(sources: list[str], names: set[str]) -> tuple[list[str], set[str]]:
    """Of cells in their order, what has to run so that these names exist; and the names that no cell binds.

    A name that was imported brings its import alone; one that was assigned or defined brings its whole cell, and what
    that cell needs. The last cell that binds a name counts.
    """
    kept: list[str] = []
    wanted = set(names)
    for source in reversed(sources):
        bound = binds(source) & wanted
        lines, imported = imports(source, bound)
        if bound - imported:
            kept.append(source)
            wanted = (wanted - binds(source)) | reads(source)
        elif lines:
            kept.append("\n".join(lines))
            wanted -= imported
    return kept[::-1], wanted


def reads_of(cells: list[str]) -> set[str]:
    """What a row of cells takes from outside."""
    taken: set[str] = set()
    bound: set[str] = set()
    for source in cells:
        taken |= reads(source) - bound
        bound |= binds(source)
    return taken


def code_before(notebook: Any, cells: list[Any]) -> list[Any]:
    """The code cells of a notebook that stand before the last of these and are none of them."""
    inside, last = {id(cell) for cell in cells}, max(i for i, c in enumerate(notebook.cells) if c is cells[-1])
    return [c for c in notebook.cells[:last] if c.cell_type == "code" and id(c) not in inside and c.source.strip()]
