"""Builds sdist and wheel as they are published, and uses the wheel where there is no checkout.

`python release/distribution.py dist` leaves both in `dist/`. With `--check` it installs the wheel into an empty folder
and runs there, outside the checkout, the command line, every Python block of the README and one chapter.
"""

import argparse
import email
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHAPTER = "book/papers/robust_representations.ipynb"  # reads weights, results and printed tables, and trains a little
RUN_NOTEBOOK = """
import nbformat, sys
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
for cell in notebook.cells:
    cell.pop("outputs", None)
    if cell.cell_type == "code":
        cell.outputs = []
NotebookClient(notebook, timeout=1800, kernel_name="python3", resources={"metadata": {"path": "."}}).execute()
code = [cell for cell in notebook.cells if cell.cell_type == "code"]
print(len(code), "cells ran,", sum(bool(cell.outputs) for cell in code), "with outputs")
"""


def build(folder: Path) -> tuple[Path, Path]:
    """The sdist of the checkout, and the wheel of the unpacked sdist: what pip makes where it finds no wheel."""
    hatch = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder.resolve()), "--target"]
    subprocess.run([*hatch, "sdist"], cwd=ROOT, check=True, capture_output=True)
    sdist = max(folder.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    with tempfile.TemporaryDirectory() as scratch:
        with tarfile.open(sdist) as packed:
            packed.extractall(scratch, filter="data")
        (unpacked,) = Path(scratch).iterdir()
        subprocess.run([*hatch, "wheel"], cwd=unpacked, check=True, capture_output=True)
    return sdist, max(folder.glob("*.whl"), key=lambda path: path.stat().st_mtime)


def readme_blocks(wheel: Path) -> list[str]:
    """The Python blocks of the README as a package index shows it: it is part of the wheel's metadata."""
    with zipfile.ZipFile(wheel) as packed:
        name = next(name for name in packed.namelist() if name.endswith(".dist-info/METADATA"))
        text = email.message_from_bytes(packed.read(name)).get_payload()
    return re.findall(r"^```python\n(.*?)^```", str(text), flags=re.MULTILINE | re.DOTALL)


def claims_as_asserts(block: str) -> str:
    """The block, with each line `value  # is < 0.3` followed by an assertion of it."""
    return re.sub(r"^(\S.*?)(\s+)# is (.+)$", r"\1\2# is \3\nassert \1 \3, \1", block, flags=re.MULTILINE)


def use_outside(wheel: Path, chapter: Path, folder: Path) -> list[str]:
    """Install the wheel into `folder`, use it from there, and say what was seen. Raises where a step fails."""
    site, away = folder / "site", folder / "away"
    away.mkdir(parents=True)
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site)]
    subprocess.run([*install, str(wheel)], check=True)
    (away / "chapter.ipynb").write_bytes(chapter.read_bytes())
    (away / "readme.py").write_text("import torch\n\ntorch.manual_seed(0)\n" + readme_code(wheel))
    (away / "run_notebook.py").write_text(RUN_NOTEBOOK)
    where = "import robustlib, robustlib.datasets as d; print(robustlib.__file__, d.data_folder(), sep='\\n')"
    found = python(away, site, "-c", where).split()
    if not all(Path(path).resolve().is_relative_to(site.resolve()) for path in found):
        raise RuntimeError(f"the wheel's code or data were not used, but {found}; expected paths below {site}")
    listed = python(away, site, "-m", "robustlib", "list").splitlines()
    python(away, site, "readme.py")
    ran = python(away, site, "run_notebook.py", "chapter.ipynb")
    return [
        f"python -m robustlib list: {len(listed)} lines",
        "README: its code ran and its claims hold",
        f"{chapter.name}: {ran.strip()}",
    ]


def readme_code(wheel: Path) -> str:
    """Every Python block of the README as one program, its claims asserted."""
    return "\n".join(map(claims_as_asserts, readme_blocks(wheel)))


def python(cwd: Path, site: Path, *words: str) -> str:
    """What this interpreter prints in `cwd`, with `site` before every other package and nothing of the checkout."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("ROBUSTLIB_", "PYTHON", "PYTEST"))}
    environment |= {"PYTHONPATH": str(site), "ROBUSTLIB_OFFLINE": "1", "TQDM_DISABLE": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, *words], cwd=cwd, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)[:60]} failed outside the checkout:\n{done.stderr[-2000:]}")
    return done.stdout


def main() -> None:
    """Build, say the sizes, and with `--check` use the wheel."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "dist", help="default: dist")
    parser.add_argument("--check", action="store_true", help="use the wheel outside the checkout")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    sdist, wheel = build(asked.folder)
    said = [f"{path}: {path.stat().st_size / 2**20:.1f} MB" for path in (sdist, wheel)]
    if asked.check:
        with tempfile.TemporaryDirectory() as scratch:
            said += use_outside(wheel, ROOT / CHAPTER, Path(scratch))
    sys.stdout.write("".join(f"{line}\n" for line in said))


if __name__ == "__main__":
    main()
