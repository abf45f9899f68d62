"""Runs the notebooks of `_toc.yml`, or the ones named, in place; what it stores is the same on every machine."""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from setup_cell import ROOT, notebooks

WIDGET = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def run(path: Path, timeout: int) -> float:
    """Run one notebook top to bottom and store it; seconds it took. A failing cell raises and stores nothing."""
    notebook: Any = nbformat.read(path, as_version=4)
    started = time.perf_counter()
    NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        store_widget_state=False,
        record_timing=False,
    ).execute()
    seconds = time.perf_counter() - started
    clean(notebook)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)
    return seconds


def clean(notebook: Any) -> None:
    """Drop what differs from run to run or needs a kernel: timings, kernel version, warnings, widget views.

    A widget panel shows its static stand-in beside the widget; the stand-in is what stays.
    """
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        cell.metadata.pop("collapsed", None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if stays(output)]


def stays(output: Any) -> bool:
    """Whether an output belongs in the stored notebook."""
    if output.output_type == "stream":
        return output.name != "stderr"
    return WIDGET not in output.get("data", {})


def main() -> None:
    """Run each notebook and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebook", nargs="*", type=Path, help="default: every notebook of _toc.yml")
    parser.add_argument("--timeout", type=int, default=300, help="seconds a cell may take")
    arguments = parser.parse_args()
    for path in [given.resolve() for given in arguments.notebook] or notebooks():
        seconds = run(path, arguments.timeout)
        sys.stdout.write(f"{path.relative_to(ROOT)}: {seconds:.1f} s, {path.stat().st_size / 1024:.0f} KB\n")


if __name__ == "__main__":
    main()
