"""Make assets/run_cell/micropython.js from the unpacked npm package: python book/run_cell/vendor.py PACKAGE_FOLDER.

The folder is what `npm pack @micropython/micropython-webassembly-pyscript@1.27.0` and `tar xzf` leave.
"""

import base64
import gzip
import json
import sys
from pathlib import Path

# Pages from file:// may start a worker only of a script that is no module: three phrases are exchanged, each there.
CLASSIC = (
    ("export default _createMicroPythonModule;", ";"),
    ("export async function loadMicroPython", "async function loadMicroPython"),
    ("import.meta.url", "self.location.href"),
)
OUT = Path(__file__).resolve().parents[1] / "assets" / "run_cell" / "micropython.js"


def packed(data: bytes) -> str:
    """As gzip in base64, the same on every machine."""
    return base64.b64encode(gzip.compress(data, 9, mtime=0)).decode()


def classic(module: str) -> str:
    """The module as a plain script that leaves a promise of loadMicroPython in `rlPython`."""
    for old, new in CLASSIC:
        if old not in module:
            raise SystemExit(f"{old!r} is not in micropython.mjs: another version? look at what it exports")
        module = module.replace(old, new)
    return f"self.rlPython = (async () => {{{module}\nreturn loadMicroPython;}})();\n"


def main(folder: Path) -> None:
    """Write the script that hands the runtime over."""
    package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    script = classic((folder / "micropython.mjs").read_text(encoding="utf-8"))
    parts = {"script": packed(script.encode()), "wasm": packed((folder / "micropython.wasm").read_bytes())}
    head = f"/* MicroPython {package['version']}, MIT licence, npm {package['name']}; see README.md */"
    OUT.write_text(f"{head}\n(window.rlFiles ??= {{}}).micropython = {json.dumps(parts)};\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
