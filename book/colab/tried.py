"""A run cell without the page's editor: its listing follows, as a cell that a kernel runs and judges."""

import ast
import re
from collections.abc import Mapping
from typing import Any

import nbformat

from book.setup_cell import ROOT

NOTE = (
    "> **In this notebook** the buttons *Run* and *Check* are missing. The next cell holds the same function: change "
    "it, run the cell, and read the verdict that *Check* would give."
)
TRY = """\
# @title Change the function, run the cell, read the verdict
from {package} import {module}
from robustlib.figures import try_attack


{source}


print(try_attack({name}, {network}, {digits}, eps={eps}, listing={module}.{name}))"""


def tree(source: str) -> ast.Module:
    """A code cell as Python reads it; a line that is IPython's passes."""
    return ast.parse(re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.MULTILINE))


def imported(cells: list[Any]) -> dict[str, str]:
    """The module that each name of the notebook's own imports comes from."""
    nodes = [node for cell in cells if cell.cell_type == "code" for node in ast.walk(tree(cell.source))]
    found = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name: str(node.module) for node in found for alias in node.names}


def tried_by_hand(cell: Any, modules: Mapping[str, str]) -> list[Any]:
    """What follows a cell that ends in `run_cell(...)`: a note, and the listing to change. Nothing after any other."""
    body = tree(cell.source).body
    match body[-1:]:
        case [
            ast.Expr(value=ast.Call(func=ast.Name(id="run_cell"), args=[ast.Name(id=name), network, digits]) as call)
        ]:
            eps = next(keyword.value for keyword in call.keywords if keyword.arg == "eps")
        case _:
            return []
    package, _, module = modules[name].rpartition(".")
    source = TRY.format(
        package=package,
        module=module,
        source=listing(modules[name], name),
        name=name,
        network=ast.unparse(network),
        digits=ast.unparse(digits),
        eps=ast.unparse(eps),
    )
    note = nbformat.v4.new_markdown_cell(NOTE)
    code = nbformat.v4.new_code_cell(source)
    note.id, code.id = f"{cell.id}-note", f"{cell.id}-try"
    return [note, code]


def listing(module: str, name: str) -> str:
    """The source of a function of the library."""
    text = (ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
    found = next(node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == name)
    return str(ast.get_source_segment(text, found))
