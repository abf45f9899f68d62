"""The batch goes on whatever a submission does. In place of otter stands a program that does what a submission says."""

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest

from book.labs import grade
from book.labs.watched import Limits

OTTER = """
import json, sys, time
cells = json.load(open(sys.argv[-1]))["cells"]
exec("".join(cells[0]["source"]), {"out": sys.argv[sys.argv.index("-o") + 1], "json": json, "time": time})
"""
SCORES = {"a": [2, 2], "b": [0.5, 3]}
WRITE = "json.dump({{'tests': [{{'name': 'Public Tests'}}, *{tests}]}}, open(out + '/results.json', 'w'))"


def scored(points: dict[str, list[float]]) -> str:
    tests = [{"name": name, "score": got, "max_score": most} for name, (got, most) in points.items()]
    return WRITE.format(tests=tests)


SUBMISSIONS = {
    "b-right": scored(SCORES),
    "c-endless": "while True: pass",
    "d-asleep": "time.sleep(1000)",
    "e-crash": "import os; os.abort()",
    "f-raises": "raise RuntimeError('no grade')",
    "g-greedy": "kept = bytearray(900_000_000); time.sleep(1000)",
    "h-half": scored({"a": [1, 2], "b": [0, 3]}),
}


@pytest.fixture
def graded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    (tmp_path / "fake" / "otter").mkdir(parents=True)
    (tmp_path / "fake" / "otter" / "__init__.py").touch()  # else an installed otter comes first
    (tmp_path / "fake" / "otter" / "__main__.py").write_text(OTTER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "fake"))
    submissions = tmp_path / "submissions"
    (submissions / "group").mkdir(parents=True)
    for name, code in SUBMISSIONS.items():
        cells = [{"cell_type": "code", "source": [code]}]
        (submissions / f"{name}.ipynb").write_text(json.dumps({"cells": cells}))
    (submissions / "a-empty.ipynb").write_text("")
    (submissions / "i-no-code.ipynb").write_text('{"cells": [{"cell_type": "code", "source": []}]}')
    (submissions / "group" / "no-notebook.ipynb").write_bytes(b"\xff\xd8 a photograph")
    (submissions / "group" / ".ipynb_checkpoints").mkdir()
    (submissions / "group" / ".ipynb_checkpoints" / "old.ipynb").write_text("{}")
    grade.batch(submissions, tmp_path / "a.zip", Limits(2, gigabytes=0.5, patience=8), tmp_path / "out")
    with (tmp_path / "out" / "grades.csv").open() as table:
        return list(csv.DictReader(table))


@pytest.mark.slow
def test_each_submission_has_its_line(graded: list[dict[str, Any]], tmp_path: Path) -> None:
    by = {row["submission"].removesuffix(".ipynb"): row for row in graded}
    assert list(by) == sorted(by)
    assert {name: row["status"] for name, row in by.items()} == {
        "a-empty": "empty",
        "b-right": "graded",
        "c-endless": "time limit",
        "d-asleep": "time limit",
        "e-crash": "broken",
        "f-raises": "broken",
        "g-greedy": "memory limit",
        "h-half": "graded",
        "i-no-code": "empty",
        "group/no-notebook": "broken",
    }
    assert [by[n]["points"] for n in ("b-right", "h-half", "c-endless", "a-empty")] == ["2.5", "1", "0", "0"]
    assert (by["b-right"]["a"], by["b-right"]["b"], by["h-half"]["b"], by["c-endless"]["a"]) == ("2", "0.5", "0", "0")
    assert "RuntimeError: no grade" in by["f-raises"]["said"] and "stopped at 2 s" in by["c-endless"]["said"]
    assert "stopped at 0.5 GB" in by["g-greedy"]["said"]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["b-right.json", "grades.csv", "h-half.json"]


def test_a_submission_sees_no_home_and_nothing_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SECRET", "of the instructor")
    seen = grade.environment(tmp_path)
    assert "SECRET" not in seen and seen["HOME"] == str(tmp_path) and seen["PATH"] == os.environ["PATH"]


def test_a_lab_that_was_not_made_and_a_folder_without_notebooks(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no notebook in"):
        grade.batch(tmp_path, tmp_path / "a.zip", Limits(), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(FileNotFoundError, match="run `make labs` first"):
        grade.archive_of("dundi", tmp_path)
