"""Stamps the setup cell into the notebooks of `_toc.yml`; `--check` only compares.

The cell is the same in every chapter but for the lines that say what the scale changes there and how many minutes it
takes, which are those of run_times.json. What it installs stands in one place, `release` under [tool.robustlib] in
pyproject.toml; while that is empty, the cell says that nothing is published yet.
"""

import argparse
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import yaml

ROOT = Path(__file__).resolve().parents[1]
RUN_TIMES = ROOT / "book" / "run_times.json"
CELL_ID = "setup"
SCALES = ("book", "full")
READS = re.compile(r"\bscale [!=]= ")  # a cell that does something else at another scale
SOURCE = """\
# Setup. Choose the scale here.
scale = "book"  # @param ["book", "full"]
{about}
import importlib.util
import os

if importlib.util.find_spec("robustlib") is None:  # Colab, for instance
{install}

import torch

from robustlib.experiments import run_at
from robustlib.figures import style

style.use()
torch.manual_seed(0)
device = "cuda" if torch.cuda.is_available() else "cpu"
scale = os.environ.get("ROBUSTLIB_SCALE", scale)
run_at(scale)
print(f"device: {{device}}, scale: {{scale}}")"""
# torch and numpy are named with their versions: else pip may replace them, where a dependency's newest asks for it.
INSTALL = """\
    from importlib.metadata import version

    here = [name for name in ("torch", "numpy") if importlib.util.find_spec(name)]
    kept = " ".join(f"{{name}}=={{version(name)}}" for name in here)
    %pip install -q "{release}" {{kept}}"""
# An error of one line: without the last but one line IPython prints a page of traceback below it.
UNPUBLISHED = """\
    missing = ImportError(
        "The book is not published yet: there is no release to install. Install "
        'it from a checkout, pip install "CHECKOUT[notebooks]", and run this again.'
    )
    missing._render_traceback_ = lambda: [str(missing)]
    raise missing"""
CHANGES = """\
# "book": the 5,000 MNIST digits that come with the package. "full": all of MNIST,
# from ROBUSTLIB_DATA or downloaded once. Stored results are the same at both."""
CHANGES_NOTHING = "# Both are the same here: the chapter reads stored results, and loads no data set."


def release() -> str:
    """What pip installs where the package is missing; nothing while no version is released."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["robustlib"]["release"])


def minutes(page: str) -> str:
    """A comment: how long all cells of a page take at each scale, as far as it was measured."""
    measured, said = json.loads(RUN_TIMES.read_text())["seconds"].get(page, {}), []
    for device, name in (("CPU", "one CPU core"), ("GPU", "a GPU")):
        found = {scale: measured.get(f"{scale} on {device}") for scale in SCALES}
        each = [f'"{at}" {max(s / 60, 0.1):.1f}' if s else f'"{at}" not measured' for at, s in found.items()]
        said.append(f"{name}: {', '.join(each) if any(found.values()) else 'not measured'}")
    return f"# Minutes of all cells, {'; '.join(said)}.".replace("; ", ";\n# ")


def setup_cell(page: str, cells: Any = (), install: str | None = None) -> Any:
    """The first code cell of a page, without outputs; `install` is what pip gets where the package is missing."""
    install = release() if install is None else install
    scaled = any(cell.cell_type == "code" and cell.get("id") != CELL_ID and READS.search(cell.source) for cell in cells)
    source = SOURCE.format(
        about=f"{CHANGES if scaled else CHANGES_NOTHING}\n{minutes(page)}",
        install=INSTALL.format(release=install) if install else UNPUBLISHED,
    )
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["hide-input"]})
    cell.id = CELL_ID
    return cell


def pages(toc: Any = None) -> Iterator[str]:
    """Every page that `_toc.yml` names, in reading order, without suffix."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text()) if toc is None else toc
    if isinstance(toc, list):
        for entry in toc:
            yield from pages(entry)
    elif isinstance(toc, dict):
        yield from (toc[key] for key in ("root", "file") if key in toc)
        for key in ("parts", "chapters", "sections"):
            yield from pages(toc.get(key, []))


def notebooks() -> list[Path]:
    """The pages that are notebooks."""
    return [path for path in (ROOT / f"{page}.ipynb" for page in pages()) if path.is_file()]


def stamp(notebook: Any, page: str) -> bool:
    """Replace the setup cell in place, or put it before the first code cell. True if this changed the notebook.

    A cell that only chooses and tells keeps its output and count: what it prints is the same.
    """
    cells = notebook.cells
    fresh = setup_cell(page, cells)
    at = next((i for i, cell in enumerate(cells) if cell.get("id") == CELL_ID), None)
    if at is None:
        at = next((i for i, cell in enumerate(cells) if cell.cell_type == "code"), len(cells))
        cells.insert(at, fresh)
        return True
    if cells[at].source == fresh.source and cells[at].metadata == fresh.metadata:
        return False
    cells[at].source, cells[at].metadata = fresh.source, fresh.metadata
    return True


def main() -> int:
    """Stamp every notebook, or with --check report those that differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, exit 1 if a notebook differs")
    check = parser.parse_args().check
    differ = 0
    for path in notebooks():
        notebook = nbformat.read(path, as_version=4)
        if stamp(notebook, page_of(path)):
            differ += 1
            if not check:
                nbformat.write(notebook, path)
            sys.stdout.write(f"{path.relative_to(ROOT)}: {'differs' if check else 'stamped'}\n")
    return 1 if check and differ else 0


def page_of(path: Path) -> str:
    """A notebook's page, as `_toc.yml` calls it."""
    return path.resolve().relative_to(ROOT).with_suffix("").as_posix()


if __name__ == "__main__":
    sys.exit(main())
