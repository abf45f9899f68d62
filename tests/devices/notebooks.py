"""Every code cell of every chapter on a device that is not the CPU: what would stop on a hosted GPU, stops here.

Minutes, hence not collected by itself: `.ci/run` names this file. The cells run in one process, as IPython runs them.
"""

import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell

BOOK = Path(__file__).resolve().parents[2] / "book"
NOTEBOOKS = sorted(path for path in BOOK.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)


def test_there_are_notebooks() -> None:
    assert len(NOTEBOOKS) >= 5


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_runs(
    path: Path, device: torch.device, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ROBUSTLIB_STATIC", "1")
    monkeypatch.setenv("ROBUSTLIB_SCALE", "book")
    monkeypatch.chdir(path.parent)
    shell, failed, notebook = InteractiveShell(), [], nbformat.read(path, as_version=4)
    shell.history_manager.enabled = False  # type: ignore[union-attr]
    for i, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or not cell.source:
            continue
        found: Any = shell.run_cell(cell.source, store_history=False)
        if not found.success:
            error = found.error_in_exec or found.error_before_exec
            failed.append(f"cell {i}: {type(error).__name__}: {error}\n{cell.source}")
            if not os.environ.get("ALL_CELLS"):
                break
    assert f"device: {device.type}" in capsys.readouterr().out
    assert not failed, "\n\n".join(failed)
