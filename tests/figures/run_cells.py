"""Run cells in a browser: a page with one cell, everything that it loads beside it, opened from file://."""

import shutil
import sys
from pathlib import Path
from typing import Any

from browsing import Visit

ROOT = Path(__file__).resolve().parents[2]


def extension() -> Any:
    """book/run_cells.py."""
    sys.path.insert(0, str(ROOT / "book"))
    try:
        import run_cells
    finally:
        sys.path.remove(str(ROOT / "book"))
    return run_cells


def written(folder: Path, html: str) -> str:
    """The address of a page of these cells in a folder, with the files that it asks for."""
    body, files = extension().split(html)
    static = folder / "_static" / "run_cell"
    extension().write(static, extension().shared() | files)
    shutil.copy(ROOT / "book/assets/run_cell/micropython.js", static)
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>A cell</title>'
    script = '<script defer src="_static/run_cell/run_cell.js"></script>'
    (folder / "page.html").write_text(f"{head}<main><h1>A cell</h1>{body}</main>{script}", encoding="utf-8")
    return (folder / "page.html").as_uri()


class Cell:
    """The first cell of an open page."""

    def __init__(self, visit: Visit) -> None:
        self.page = visit.page
        self.box = visit.page.locator(".rl-run").first
        self.editor = self.box.locator("textarea")

    def press(self, name: str) -> str:
        """Press a button, wait for its end, and read what is said."""
        self.box.locator(f"button:text-is('{name}')").click()
        return self.said()

    def said(self) -> str:
        """What is said, once nothing runs."""
        self.page.wait_for_function("!document.querySelector('.rl-run[aria-busy]')", timeout=120_000)
        return self.box.locator(".rl-said").inner_text()

    def printed(self) -> str:
        """What the code has printed."""
        return self.box.locator(".rl-printed").inner_text()

    def write(self, code: str) -> "Cell":
        """Put other code into the editor."""
        self.editor.fill(code)
        return self
