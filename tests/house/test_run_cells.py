"""Run cells as the book stores them: their code is today's, their weights are those that ship, the runtime is small."""

import base64
import gzip
import hashlib
import importlib
import inspect
import json
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
import pytest
from figures.run_cells import ROOT, extension


def stored(notebook: Path) -> list[dict[str, Any]]:
    """The cells in the outputs of a notebook."""
    outputs = [output for cell in nbformat.read(notebook, 4).cells for output in cell.get("outputs", [])]
    html = "".join(output.get("data", {}).get("text/html", "") for output in outputs)
    return [json.loads(unescape(text)) for _, text in extension().CELL.findall(html)]


CELLS = [(path, cell) for path in sorted((ROOT / "book").rglob("*.ipynb")) for cell in stored(path)]

BY_HAND = sorted((ROOT / "robustlib" / "chapters").glob("*/from_scratch.py"))


def test_the_chapters_that_attack_have_theirs() -> None:
    assert {(path.stem, cell["name"]) for path, cell in CELLS} >= {
        ("adversarial_examples", "fgsm"),
        ("attacks", "fgsm"),
        ("attacks", "pgd"),
        ("dundi", "margin_pgd"),
    }


@pytest.mark.parametrize(("path", "cell"), CELLS, ids=[f"{path.stem}-{cell['name']}" for path, cell in CELLS])
def test_code_and_weights_are_those_of_today(path: Path, cell: dict[str, Any]) -> None:
    written = [importlib.import_module(f"robustlib.chapters.{file.parent.name}.from_scratch") for file in BY_HAND]
    sources = [inspect.getsource(vars(module)[cell["name"]]) for module in written if cell["name"] in vars(module)]
    assert cell["code"] in sources, "run the notebook again"
    weights = ROOT / "data/checkpoints" / cell["checkpoint"] / "seed0.safetensors"
    assert cell["sha256"] == hashlib.sha256(weights.read_bytes()).hexdigest(), "run the notebook again"
    assert 1 <= cell["want"] <= len(cell["labels"]) and cell["labels"][cell["digit"]] in range(10)


def test_what_a_cell_asks_for_leaves_the_page() -> None:
    for _, cell in CELLS:
        text = json.dumps(cell).replace('"', "&quot;")
        body, files = extension().split(f'<div class="rl rl-run rl-source" data-run="{text}"></div>')
        (lighter,) = (json.loads(unescape(found)) for _, found in extension().CELL.findall(body))
        names = {cell["checkpoint"], *([lighter["extra"]] if cell["extra"] else [])}
        assert set(files) == {f"{name}.js" for name in names}
        assert {**lighter, "extra": cell["extra"]} == cell and len(body) < 20_000
        assert extension().split(body)[0] == body


def test_the_runtime_is_micropython_and_small() -> None:
    text = (ROOT / "book/assets/run_cell/micropython.js").read_text(encoding="utf-8")
    head, value = text.split("\n", 1)
    assert "MicroPython 1.27.0, MIT licence" in head
    parts = json.loads(value.split(" = ", 1)[1].rstrip(";\n"))
    script, wasm = (gzip.decompress(base64.b64decode(parts[name])) for name in ("script", "wasm"))
    assert wasm[:4] == b"\0asm" and b"loadMicroPython" in script and b"import.meta" not in script
    shared = [text, *extension().shared().values()]
    assert sum(len(gzip.compress(part.encode())) for part in shared) <= 300 * 1024
    assert "Damien P. George" in (ROOT / "book/assets/run_cell/LICENSE").read_text(encoding="utf-8")


def test_a_page_loads_what_its_cells_ask_for_and_others_load_nothing(site: Any, pages: list[str]) -> None:
    static, found = site.html / "_static" / "run_cell", 0
    for name in pages:
        text = site.page(name).read_text(encoding="utf-8")
        cells = [json.loads(unescape(stored)) for _, stored in extension().CELL.findall(text)]
        assert ("_static/run_cell/run_cell.js" in text) == bool(cells), name
        for cell in cells:
            files = ["micropython", "python", cell["checkpoint"], *([cell["extra"]] if cell["extra"] else [])]
            assert all((static / f"{file}.js").is_file() for file in files), (name, files)
            found += 1
    assert found >= len(CELLS) > 0
    assert (static / "run_cell.js").read_text(encoding="utf-8") == extension().shared()["run_cell.js"]
