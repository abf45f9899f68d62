"""Make assets/run_cell/micropython.js from the unpacked npm package: python book/run_cell/vendor.py PACKAGE_FOLDER.

The folder is what `npm pack @micropython/micropython-webassembly-pyscript@1.27.0` and `tar xzf` leave.
"""

import base64
import gzip
import json
import sys
from pathlib import Path

OUT = Path(__file__).resolve().parents[1] / "assets" / "run_cell" / "micropython.js"


def packed(path: Path) -> str:
    """A file as gzip in base64, the same on every machine."""
    return base64.b64encode(gzip.compress(path.read_bytes(), 9, mtime=0)).decode()


def main(folder: Path) -> None:
    """Write the script that hands the runtime over."""
    package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    parts = {"script": packed(folder / "micropython.mjs"), "wasm": packed(folder / "micropython.wasm")}
    head = f"/* MicroPython {package['version']}, MIT licence, npm {package['name']}; see README.md */"
    OUT.write_text(f"{head}\n(window.rlFiles ??= {{}}).micropython = {json.dumps(parts)};\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
