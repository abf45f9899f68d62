"""Every listing that a notebook stores is the source of today: code, file and lines, on the page and as text."""

import ast
import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from house.cells import parsed

ROOT = Path(__file__).resolve().parents[2]


def is_show(call: ast.AST) -> bool:
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "show"


def listings(notebook: Any) -> Iterator[tuple[Any, str, str]]:
    """Each cell that shows source, the imports above it, and its call of `show`."""
    imports: list[str] = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            tree = parsed(cell)
            imports += [ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
            calls = [ast.unparse(node) for node in ast.walk(tree) if is_show(node)]
            for call in calls:
                yield cell, "\n".join(imports), call


def parts(html: str) -> list[tuple[str, str]]:
    """The code and the caption of each listing in a page."""
    figures = BeautifulSoup(html, "html.parser").select(".rl-source figure")
    return [(f.find("pre").text, f.find("figcaption").text) for f in figures]


def stale(notebook: Any) -> list[str]:
    """The calls of `show` whose stored output is not what they give today."""
    found = []
    for cell, imports, call in listings(notebook):
        names: dict[str, Any] = {}
        exec(imports, names)
        today = eval(call, names)
        stored = [output.get("data", {}) for output in cell.outputs]
        texts, pages = ([data.get(kind, "") for data in stored] for kind in ("text/plain", "text/html"))
        if repr(today) not in texts or parts(today._repr_html_()) not in [parts(page) for page in pages]:
            found.append(call)
    return found


def test_every_stored_listing_is_the_source_of_today(notebooks: list[str]) -> None:
    found = {name: nbformat.read(ROOT / f"{name}.ipynb", as_version=4) for name in notebooks}
    assert sum(1 for notebook in found.values() for _ in listings(notebook)) > 10
    old = {name: calls for name, notebook in found.items() if (calls := stale(notebook))}
    assert not old, f"the source has changed: store {old} again with `make notebooks`"


@pytest.mark.parametrize("kind", ["text/plain", "text/html"])
def test_a_listing_that_lags_behind_is_found(kind: str) -> None:
    cells = [nbformat.v4.new_code_cell("from robustlib.figures import show\nfrom robustlib.attacks import FGSM, PGD")]
    cells += [nbformat.v4.new_code_cell("show(PGD, FGSM, body_only=True)"), nbformat.v4.new_code_cell("show(FGSM)")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    names: dict[str, Any] = {}
    exec(cells[0].source, names)
    for cell in cells[1:]:
        shown = eval(cell.source, names)
        data = {"text/plain": repr(shown), "text/html": shown._repr_html_()}
        cell.outputs = [nbformat.v4.new_output("execute_result", data)]
    assert stale(notebook) == []
    for old, new in (("project(", "projected("), (", lines ", ", lines 1"), ("fgsm.py", "fgsn.py")):
        edited = copy.deepcopy(notebook)
        data = edited.cells[1].outputs[0]["data"]
        assert old in data[kind]
        data[kind] = data[kind].replace(old, new)
        assert stale(edited) == ["show(PGD, FGSM, body_only=True)"]
    notebook.cells[2].outputs = []
    assert stale(notebook) == ["show(FGSM)"]
