"""A Sphinx extension: writes what run cells load, the cell's own script and the weights of the networks they attack.

A page that has a cell loads run_cell.js; that fetches micropython.js and a network's weights on the first click.
"""

import base64
import json
import re
from html import unescape
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SCRIPTS = ("network.js", "worker.js")  # what runs in the worker
PYTHON = (HERE / "run_cell/tensors.py", HERE / "run_cell/session.py", ROOT / "robustlib/figures/page/attack_verdict.py")
PAGE = ("checkpoint.js", "editor.js", "runtime.js", "cell.js")
CELL = re.compile(r'class="rl rl-run[^"]*" data-run="([^"]*)"')


def script() -> str:
    """The cell's script: what the page needs, and as text what the worker gets."""
    read = {name: (HERE / "run_cell" / name).read_text(encoding="utf-8") for name in (*SCRIPTS, *PAGE)}
    python = {path.name: path.read_text(encoding="utf-8") for path in PYTHON}
    texts = f"const SCRIPTS = {json.dumps(chr(10).join(read[name] for name in SCRIPTS))};\n"
    texts += f"const PYTHON = {json.dumps(python)};\n"
    return "(() => {\n" + texts + "\n".join(read[name] for name in PAGE) + "})();\n"


def weights(name: str) -> str:
    """A script that hands the checkpoint of an experiment over, byte by byte as it is stored.

    Raises: FileNotFoundError if it is not there.
    """
    stored = (ROOT / "data" / "checkpoints" / name / "seed0.safetensors").read_bytes()
    return f"(window.rlFiles ??= {{}})[{json.dumps(name)}] = {json.dumps(base64.b64encode(stored).decode())};\n"


def networks(body: str) -> set[str]:
    """The experiments whose weights the cells of a page's body ask for."""
    return {json.loads(unescape(cell))["checkpoint"] for cell in CELL.findall(body)}


def write(folder: Path, names: set[str]) -> None:
    """The scripts into a folder, beside micropython.js."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run_cell.js").write_text(script(), encoding="utf-8")
    for name in names:
        (folder / f"{name}.js").write_text(weights(name), encoding="utf-8")


def note(app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Before a page is written: which networks it needs."""
    wanted = networks(context.get("body", ""))
    if wanted:
        write(Path(app.outdir) / "_static" / "run_cell", wanted)


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.add_js_file("run_cell/run_cell.js", loading_method="defer")
    app.connect("html-page-context", note)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
