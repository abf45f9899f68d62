"""The stored notebooks: run top to bottom, no error, nothing that needs a kernel or tells of one machine."""

import importlib.util
import json
import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 1_500_000  # bytes
MACHINE = re.compile(r"/(?:home|Users|root|tmp|work|content)/\w|site-packages|\bat 0x[0-9a-f]{6,}")


def setup_cell_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("setup_cell", ROOT / "book" / "setup_cell.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


STAMP = setup_cell_module()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


@pytest.fixture(scope="module")
def stored(notebooks: list[str]) -> dict[str, Any]:
    assert notebooks, "_toc.yml names no notebook"
    return {name: nbformat.read(ROOT / f"{name}.ipynb", as_version=4) for name in notebooks}


def test_each_is_valid_and_small(stored: dict[str, Any]) -> None:
    for name, notebook in stored.items():
        nbformat.validate(notebook)
        assert (ROOT / f"{name}.ipynb").stat().st_size < LIMIT, name


def test_each_was_run_from_top_to_bottom(stored: dict[str, Any]) -> None:
    for name, notebook in stored.items():
        counts = [cell.execution_count for cell in code_cells(notebook)]
        assert counts == list(range(1, len(counts) + 1)), name
        assert any(cell.outputs for cell in code_cells(notebook)[1:]), f"{name} holds no outputs"


def test_no_error_and_no_noise_is_stored(stored: dict[str, Any]) -> None:
    for name, notebook in stored.items():
        for cell in code_cells(notebook):
            kinds = [(output.output_type, output.get("name")) for output in cell.outputs]
            wanted = "raises-exception" in cell.metadata.get("tags", [])
            assert wanted or ("error", None) not in kinds, (name, cell.source[:80])
            assert ("stream", "stderr") not in kinds, (name, cell.source[:80])


def test_nothing_stored_needs_a_kernel(stored: dict[str, Any]) -> None:
    for name, notebook in stored.items():
        assert "widgets" not in notebook.metadata, name
        assert "widget-view+json" not in json.dumps(notebook), name


def test_a_widget_leaves_a_stand_in(stored: dict[str, Any]) -> None:
    for name, notebook in stored.items():
        for cell in code_cells(notebook):
            if "widget-stand-in" in cell.metadata.get("tags", []) or re.search(r"\bpanel\(|\bwidgets?\.", cell.source):
                assert cell.outputs, f"{name}: nothing is left on the page of\n{cell.source}"


def test_nothing_stored_tells_of_one_machine(stored: dict[str, Any]) -> None:
    for name, notebook in stored.items():
        for cell in notebook.cells:
            texts = [cell.source]
            for output in cell.get("outputs", []):
                data = {k: v for k, v in output.get("data", {}).items() if not k.startswith("image/")}
                texts += [str(output.get("text", "")), *map(str, data.values())]
            for text in texts:
                words = re.sub(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=]+", "", text)
                assert not MACHINE.search(words), (name, MACHINE.search(words))


def test_metadata_is_the_same_everywhere(stored: dict[str, Any]) -> None:
    for name, notebook in stored.items():
        assert notebook.metadata.get("language_info") == {"name": "python"}, f"{name}: store it with `make notebooks`"
        assert not any("execution" in cell.metadata for cell in notebook.cells), name


def test_setup_cell_is_the_same_everywhere_but_for_scale_and_minutes(stored: dict[str, Any]) -> None:
    shared = set()
    for name, notebook in stored.items():
        first = next(cell for cell in notebook.cells if cell.cell_type == "code")
        expected = STAMP.setup_cell(name, notebook.cells)
        assert first.source == expected.source, f"{name}: run `make setup-cell`"
        assert first.metadata == expected.metadata and first.id == expected.id, name
        shared.add("\n".join(line for line in first.source.splitlines() if not line.startswith("# ")))
    assert len(shared) == 1


def test_install_address_stands_in_one_place(stored: dict[str, Any]) -> None:
    release = PROJECT["tool"]["robustlib"]["release"]
    assert not release or PROJECT["project"]["version"] in release, "the release names no version, or another"
    for name, notebook in stored.items():
        for cell in code_cells(notebook):
            found = re.findall(r"pip install.*|git\+\S*", cell.source)
            assert len(found) == (cell.id == STAMP.CELL_ID), (name, found)


def test_stamp_replaces_an_older_cell_and_then_rests() -> None:
    old = nbformat.v4.new_code_cell("import somewhere_else", execution_count=1)
    old.id = STAMP.CELL_ID
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# T"), old])
    assert STAMP.stamp(notebook, "book/t") and not STAMP.stamp(notebook, "book/t")
    assert [cell.cell_type for cell in notebook.cells] == ["markdown", "code"]
    assert notebook.cells[1].source == STAMP.setup_cell("book/t").source
    assert notebook.cells[1].execution_count == 1


def test_stamp_goes_before_the_first_code_cell() -> None:
    cells = [nbformat.v4.new_markdown_cell("# T"), nbformat.v4.new_code_cell("1 + 1")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    assert STAMP.stamp(notebook, "book/t") and not STAMP.stamp(notebook, "book/t")
    assert [cell.source for cell in notebook.cells] == ["# T", STAMP.setup_cell("book/t").source, "1 + 1"]
