"""Executes one reader's notebook alone: an empty folder, an environment without the library, a wheel to install.

`make colab-check` calls it. The environment has what a hosted notebook service has (torch, numpy, matplotlib,
ipywidgets) and what executes a notebook; it is made where it is not there. The setup cell installs the wheel.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from book.colab.online import online
from book.colab.reader import reader_notebook
from book.setup_cell import ROOT, page_of

SERVICE = ("torch", "numpy", "matplotlib", "ipywidgets")
EXECUTING = ("ipykernel", "nbclient")
EXECUTE = """\
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
try:
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
finally:
    nbformat.write(notebook, sys.argv[1])
"""


def environment(folder: Path) -> Path:
    """The Python of an environment; makes it, without the library."""
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip(python, "install", "-c", str(ROOT / "constraints.txt"), *SERVICE, *EXECUTING)
    pip(python, "uninstall", "--yes", "robustlib")
    return python


def pip(python: Path, *arguments: str) -> None:
    """Call pip of an environment."""
    subprocess.run([python, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments], check=True)


def wheel(folder: Path) -> Path:
    """A wheel of the working tree."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def versions(python: Path) -> dict[str, str]:
    """What is installed of torch and numpy."""
    code = "from importlib.metadata import version; print(version('torch'), version('numpy'))"
    found = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    return dict(zip(("torch", "numpy"), found, strict=True))


def alone(notebook: Path, python: Path, made: Path, folder: Path) -> str:
    """Convert a notebook for a release that is this wheel, execute it in an empty folder, and say what came of it.

    Raises: RuntimeError if a cell fails, or if installing changed torch or numpy.
    """
    copy = folder / notebook.name
    source = nbformat.read(notebook, as_version=4)
    release = f"robustlib[notebooks] @ {made.as_uri()}"
    nbformat.write(reader_notebook(source, page_of(notebook), online(), release), copy)
    outside = {k: v for k, v in os.environ.items() if not k.startswith(("ROBUSTLIB_", "PYTHON"))}
    before, started = versions(python), time.perf_counter()
    done = subprocess.run([python, "-c", EXECUTE, copy], cwd=folder, env=outside, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{notebook.name} stopped:\n{done.stderr[-3000:]}")
    if versions(python) != before:
        raise RuntimeError(f"installing the library changed {before} to {versions(python)}")
    cells = [cell for cell in nbformat.read(copy, as_version=4).cells if cell.cell_type == "code"]
    outputs = sum(bool(cell.outputs) for cell in cells)
    said = f"{notebook.name}: {len(cells)} code cells in {time.perf_counter() - started:.0f} s, {outputs} with outputs"
    return f"{said}; beside torch {before['torch']} and numpy {before['numpy']}, both unchanged"


def main() -> None:
    """One notebook, in an environment that is kept for the next time."""
    parser = argparse.ArgumentParser(prog="python -m book.colab.alone", description=__doc__)
    parser.add_argument("--environment", type=Path, default=ROOT / ".venv-colab")
    parser.add_argument("--notebook", type=Path, default=ROOT / "book" / "foundations" / "metric_learning.ipynb")
    arguments = parser.parse_args()
    python = environment(arguments.environment.absolute())
    with tempfile.TemporaryDirectory() as folder:
        for name in ("wheel", "empty"):
            (Path(folder) / name).mkdir()
        made = wheel(Path(folder) / "wheel")
        sys.stdout.write(alone(arguments.notebook.resolve(), python, made, Path(folder) / "empty") + "\n")


if __name__ == "__main__":
    main()
