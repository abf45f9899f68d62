"""Trial runs: one notebook that fails or never ends does not stop the others, and says which cell it was."""

import importlib.util
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import pytest

BOOK = Path(__file__).resolve().parents[2] / "book"


@pytest.fixture(scope="module")
def trials() -> Iterator[ModuleType]:
    """book/trial_runs.py, whose neighbour it imports by name."""
    sys.path.insert(0, str(BOOK))
    spec = importlib.util.spec_from_file_location("trial_runs", BOOK / "trial_runs.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(BOOK))


def notebook(folder: Path, *sources: str) -> Path:
    """A notebook with these cells."""
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{i}") for i, source in enumerate(sources)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "trial.ipynb")
    return folder / "trial.ipynb"


def tried(trials: ModuleType, path: Path, limit: int) -> Any:
    """One trial in a thread of its own: beside a browser's test this one has an event loop that runs already."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(trials.tried, path, limit).result()


def test_what_runs_to_the_end_is_timed_and_not_stored(trials: ModuleType, tmp_path: Path) -> None:
    path = notebook(tmp_path, "import time\nend = time.process_time() + 0.5\nwhile time.process_time() < end: pass")
    before = path.read_bytes()
    found = tried(trials, path, 60)
    assert not found.problem and found.cpu > 0.5 and found.seconds > 0.5
    assert path.read_bytes() == before


def test_what_fails_names_the_cell_and_the_error(trials: ModuleType, tmp_path: Path) -> None:
    found = tried(trials, notebook(tmp_path, "1", "first = 1\nfirst / 0", "2"), 60)
    assert found.problem == "cell cell-1 (first = 1) failed: ZeroDivisionError: division by zero"


def test_what_never_ends_is_stopped(trials: ModuleType, tmp_path: Path) -> None:
    found = tried(trials, notebook(tmp_path, "1", "while True:\n    pass"), 15)
    assert found.problem == "stopped after 15 s in cell cell-1 (while True:)" and found.seconds < 60


def test_only_what_ran_to_the_end_is_recorded(
    trials: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = tmp_path / "times.json"
    times.write_text(json.dumps({"how": "", "seconds": {"book/t": {"book on CPU": 3}}}))
    monkeypatch.setattr(trials, "RUN_TIMES", times)
    ran, failed = (trials.Trial(trials.ROOT / f"book/{name}.ipynb", 9.0, 6.4, p) for name, p in (("t", ""), ("u", "x")))
    trials.record([ran, failed], "full")
    assert json.loads(times.read_text())["seconds"] == {"book/t": {"book on CPU": 3, "full on CPU": 6}}
