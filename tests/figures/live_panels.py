"""Every panel of the book, live: built in a Jupyter kernel, its options changed, its button pressed.

Half a minute and more, hence not collected by itself: `.ci/run` names this file. Of each notebook only the cells run
that the panel's cell needs.
"""

import ast
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbclient import NotebookClient

BOOK = Path(__file__).resolve().parents[2] / "book"
PANELS = {"panel", "retrain_panel"}
PRESS = """
*choices, press, out = box.children
for choice in choices:
    choice.index = len(choice.options) - 1 if {last} else 0
press.click()
assert not press.disabled, "the button waits for ever"
"""
SHOWN = "import json; print('SHOWN', json.dumps(out.outputs))"


def statements(cell: Any) -> list[ast.stmt]:
    """What a cell does, its magics as calls."""
    return ast.parse(TransformerManager().transform_cell(cell.source)).body if cell.cell_type == "code" else []


def names(of: list[ast.stmt], *, made: bool) -> set[str]:
    """Names that statements make, or that they read."""
    found: set[str] = set()
    for node in (node for statement in of for node in ast.walk(statement)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) == made:
            found.add(node.id)
        elif made and isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif made and isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    return found


def panel_call(cell: Any) -> ast.Call | None:
    """The call that ends a cell, if it makes a panel."""
    match statements(cell)[-1:]:
        case [ast.Expr(value=ast.Call(func=ast.Name(id=name)) as call)] if name in PANELS:
            return call
    return None


def with_panels() -> list[tuple[Path, int]]:
    """Every cell of the book that ends in a panel."""
    found = []
    for path in sorted(BOOK.rglob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        found += [(path, i) for i, cell in enumerate(cells) if panel_call(cell)]
    return found


def needed(cells: list[Any], last: int) -> list[str]:
    """The sources that lead to the panel: its own, and those of cells that make a name which a later one reads."""
    kept, wanted = [cells[last].source], names(statements(cells[last]), made=False)
    for cell in reversed(cells[:last]):
        body = statements(cell)
        if names(body, made=True) & wanted:
            kept.insert(0, cell.source)
            wanted |= names(body, made=False)
    return kept


def test_every_panel_of_the_book_is_found() -> None:
    text = "".join(path.read_text() for path in BOOK.rglob("*.ipynb"))
    assert len(with_panels()) == text.count('"panel(') + text.count('"retrain_panel(') >= 3


@pytest.mark.parametrize("path, last", with_panels(), ids=lambda of: of.stem if isinstance(of, Path) else str(of))
def test_a_panel_answers(path: Path, last: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ROBUSTLIB_STATIC", raising=False)
    cells = nbformat.read(path, as_version=4).cells
    *before, own = needed(cells, last)
    call = panel_call(cells[last])
    assert call is not None
    lines = own.splitlines()
    lines[call.lineno - 1] = f"box = {lines[call.lineno - 1]}"
    sources = [*before, "\n".join([*lines, "box"])]
    for pressed in (False, True):
        sources += [PRESS.format(last=pressed), SHOWN]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    views = [output for output in notebook.cells[-5].outputs if "widget-view+json" in str(output.get("data", {}))]
    assert views, "the page shows no widget"
    answers = [shown(cell) for cell in notebook.cells if cell.source == SHOWN]
    for answer in answers:
        assert [output["output_type"] for output in answer] == ["display_data"], answer
        assert "</" in answer[0]["data"]["text/html"]
    assert answers[0] != answers[1], "other options, and the same answer"


def shown(cell: Any) -> Any:
    """The outputs below the button, as the kernel knows them."""
    (text,) = [output.text for output in cell.outputs if output.output_type == "stream" and "SHOWN" in output.text]
    return json.loads(text.partition("SHOWN ")[2])
