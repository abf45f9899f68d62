"""The first cell of a notebook, as a reader runs it: which scale, what it says of it, and what it installs."""

import json
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from book import setup_cell

ROOT = Path(__file__).resolve().parents[2]
ABSENT = "import importlib.util\nreal = importlib.util.find_spec\n"
ABSENT += "importlib.util.find_spec = lambda name, *a: None if name == 'robustlib' else real(name, *a)\n"


def in_a_kernel(*sources: str) -> list[Any]:
    """Cells that ran one after the other, up to the first that failed."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    with suppress(CellExecutionError):
        NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return list(notebook.cells)


def ran(source: str) -> Any:
    """A cell's outcome in this process, where torch is imported already."""
    shell = InteractiveShell()
    shell.history_manager.enabled = False  # type: ignore[union-attr]
    shell.register_magic_function(lambda line: print("asked:", line), magic_name="echo")
    return shell.run_cell(source, store_history=False)


def test_while_nothing_is_released_it_says_so_in_one_line_and_stops() -> None:
    source = setup_cell.setup_cell("book/t", install="").source
    _, setup, after = in_a_kernel(ABSENT, source, "print('went on')")
    output = setup.outputs[-1]
    assert output.output_type == "error" and not after.outputs
    assert len(output.traceback) == 1 and len(output.traceback[0].splitlines()) == 1
    assert "not published yet" in output.traceback[0] and "from a checkout" in output.traceback[0]


def test_a_release_is_installed_where_the_package_is_missing_and_only_there(capsys: pytest.CaptureFixture[str]) -> None:
    source = setup_cell.setup_cell("book/t", install="robustlib[notebooks]==9.9.9").source
    assert "not published" not in source
    lines = [line for line in source.splitlines() if "pip" in line]
    assert lines == ['    %pip install -q "robustlib[notebooks]==9.9.9" {kept}']
    code = source.replace("%pip install -q", "%echo")
    assert ran(code).success and "device: " in capsys.readouterr().out
    assert ran(code.replace('find_spec("robustlib")', 'find_spec("no_such_package")')).success
    asked = capsys.readouterr().out.splitlines()[0]
    assert asked == f'asked: "robustlib[notebooks]==9.9.9" torch=={version("torch")} numpy=={version("numpy")}'


@pytest.mark.parametrize(("outside", "chosen"), [(None, "full"), ("book", "book")])
def test_the_scale_is_chosen_in_the_cell_unless_the_environment_says_another(
    outside: str | None, chosen: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ROBUSTLIB_SCALE", raising=False)
    if outside:
        monkeypatch.setenv("ROBUSTLIB_SCALE", outside)
    source = setup_cell.setup_cell("book/t").source
    edited = source.replace('scale = "book"  #', 'scale = "full"  #')
    assert edited != source
    assert ran(edited).success and f"scale: {chosen}" in capsys.readouterr().out


def test_an_unknown_scale_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROBUSTLIB_SCALE", "fulll")
    assert "no scale 'fulll'" in str(ran(setup_cell.setup_cell("book/t").source).error_in_exec)


def test_it_says_what_was_measured_and_what_was_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times = {"seconds": {"book/t": {"book on CPU": 90, "full on GPU": 30}, "book/u": {"book on CPU": 2}}}
    (tmp_path / "times.json").write_text(json.dumps(times))
    monkeypatch.setattr(setup_cell, "RUN_TIMES", tmp_path / "times.json")
    said = setup_cell.minutes("book/t")
    assert 'one CPU core: "book" 1.5, "full" not measured' in said and 'a GPU: "book" not measured, "full" 0.5' in said
    assert 'one CPU core: "book" 0.1, "full" not measured;\n# a GPU: not measured' in setup_cell.minutes("book/u")
    assert "one CPU core: not measured;\n# a GPU: not measured" in setup_cell.minutes("book/v")


def test_it_says_what_the_scale_changes_in_this_chapter() -> None:
    loading = nbformat.v4.new_code_cell('mnist = load("mnist_5k" if scale == "book" else "mnist", device=device)')
    assert "all of MNIST" in setup_cell.setup_cell("book/t", [loading]).source
    assert "Both are the same here" in setup_cell.setup_cell("book/t", [nbformat.v4.new_code_cell("1")]).source


def test_recorded_times_are_of_chapters_that_there_are(notebooks: list[str]) -> None:
    recorded = json.loads(setup_cell.RUN_TIMES.read_text())["seconds"]
    assert set(recorded) <= set(notebooks)
    for measured in recorded.values():
        assert set(measured) <= {f"{scale} on {device}" for scale in setup_cell.SCALES for device in ("CPU", "GPU")}
        assert all(seconds > 0 for seconds in measured.values())
