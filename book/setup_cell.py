"""Stamps the setup cell, the same in every chapter, into the notebooks of `_toc.yml`; `--check` only compares.

The install address comes from [project.urls] in pyproject.toml, the one place where it stands.
"""

import argparse
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import yaml

ROOT = Path(__file__).resolve().parents[1]
CELL_ID = "setup"
SOURCE = """\
# Setup, the same in every chapter. Where the package is missing (Colab), it is
# installed, once. For full-size runs: a GPU runtime and ROBUSTLIB_SCALE=full.
import importlib.util
import os

if importlib.util.find_spec("robustlib") is None:
    %pip install -q "robustlib[notebooks] @ git+{repository}"

import torch

from robustlib.figures import style

style.use()
torch.manual_seed(0)
device = "cuda" if torch.cuda.is_available() else "cpu"
scale = os.environ.get("ROBUSTLIB_SCALE", "book")
print(f"device: {{device}}, scale: {{scale}}")"""


def repository() -> str:
    """The address that pip installs from."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Repository"]


def setup_cell() -> Any:
    """The first code cell of every notebook, without outputs."""
    cell = nbformat.v4.new_code_cell(SOURCE.format(repository=repository()), metadata={"tags": ["hide-input"]})
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


def stamp(notebook: Any) -> bool:
    """Replace the setup cell in place, or put it before the first code cell. True if this changed the notebook."""
    fresh, cells = setup_cell(), notebook.cells
    at = next((i for i, cell in enumerate(cells) if cell.get("id") == CELL_ID), None)
    if at is None:
        at = next((i for i, cell in enumerate(cells) if cell.cell_type == "code"), len(cells))
        cells.insert(at, fresh)
        return True
    if cells[at].source == fresh.source and cells[at].metadata == fresh.metadata:
        return False
    cells[at] = fresh
    return True


def main() -> int:
    """Stamp every notebook, or with --check report those that differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, exit 1 if a notebook differs")
    check = parser.parse_args().check
    differ = 0
    for path in notebooks():
        notebook = nbformat.read(path, as_version=4)
        if stamp(notebook):
            differ += 1
            if not check:
                nbformat.write(notebook, path)
            sys.stdout.write(f"{path.relative_to(ROOT)}: {'differs' if check else 'stamped, run it again'}\n")
    return 1 if check and differ else 0


if __name__ == "__main__":
    sys.exit(main())
