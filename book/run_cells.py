"""A Sphinx extension: writes what run cells load: the cell's own script, Python's part, and the networks' tensors.

A page that has a cell loads run_cell.js. On the first click that fetches micropython.js, python.js, a checkpoint, and
what of the network is in no checkpoint, which leaves the page for a file of its own.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from html import escape, unescape
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
WORKER = ("layers.js", "network.js", "worker.js")
PAGE = ("checkpoint.js", "editor.js", "runtime.js", "elements.js", "cell.js")
PYTHON = (
    *(HERE / "run_cell" / name for name in ("tensors.py", "attacked.py", "session.py")),
    ROOT / "robustlib/figures/page/attack_verdict.py",
)
CELL = re.compile(r'(class="rl rl-run[^"]*" data-run=")([^"]*)"')


def joined(names: tuple[str, ...]) -> str:
    """Scripts of run_cell, one behind the other."""
    return "\n".join((HERE / "run_cell" / name).read_text(encoding="utf-8") for name in names)


def shared() -> dict[str, str]:
    """The scripts that all cells share, by file name."""
    python = {path.name: path.read_text(encoding="utf-8") for path in PYTHON}
    return {
        "run_cell.js": f"(() => {{\n{joined(PAGE)}}})();\n",
        "python.js": handed("python", {"scripts": joined(WORKER), "python": python}),
    }


def handed(name: str, value: Any) -> str:
    """A script that hands a value over under a name."""
    return f"(window.rlFiles ??= {{}})[{json.dumps(name)}] = {json.dumps(value)};\n"


def checkpoint(name: str) -> str:
    """The checkpoint of an experiment, byte by byte as it is stored. Raises: FileNotFoundError if it is not there."""
    stored = (ROOT / "data" / "checkpoints" / name / "seed0.safetensors").read_bytes()
    return handed(name, base64.b64encode(stored).decode())


def split(body: str) -> tuple[str, dict[str, str]]:
    """A page's body whose cells name the file of their other tensors, and the scripts that they ask for."""
    files: dict[str, str] = {}

    def lighter(found: re.Match[str]) -> str:
        cell: dict[str, Any] = json.loads(unescape(found[2]))
        files[f"{cell['checkpoint']}.js"] = checkpoint(cell["checkpoint"])
        if isinstance(cell["extra"], dict) and cell["extra"]:
            name = f"{cell['checkpoint']}-{hashlib.sha256(json.dumps(cell['extra']).encode()).hexdigest()[:8]}"
            files[f"{name}.js"], cell["extra"] = handed(name, cell["extra"]), name
        return f'{found[1]}{escape(json.dumps(cell, separators=(",", ":")))}"'

    return CELL.sub(lighter, body), files


def write(folder: Path, files: Mapping[str, str]) -> None:
    """The scripts into a folder, beside micropython.js."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def lighten(app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Before a page is written."""
    if "body" in context:
        context["body"], files = split(context["body"])
        if files:
            write(Path(app.outdir) / "_static" / "run_cell", shared() | files)


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.add_js_file("run_cell/run_cell.js", loading_method="defer")
    app.connect("html-page-context", lighten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
