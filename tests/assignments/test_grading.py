"""Two labs made by otter and graded by it: the five submissions to exercises, and four to a target."""

import csv
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from assignments.submissions import ENDLESS, answered, five

from book.labs import archive, grade, make
from book.labs.lab import ROOT, Lab, labs_of
from book.labs.watched import Limits

pytestmark = [
    pytest.mark.ci,
    pytest.mark.skipif(
        importlib.util.find_spec("otter") is None, reason="otter-grader is not installed: pip install '.[labs]'"
    ),
]
LIMITS = Limits(20, patience=60)
CHAPTER = ROOT / "book" / "papers" / "at2l.ipynb"
OUTSIDE = "def attack(model, x, y):\n    return 1 - x"
FGSM = "def attack(model, x, y):\n    from robustlib.attacks import FGSM\n\n    return FGSM(target.eps)(model, x, y)"


@pytest.fixture(scope="module")
def labs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Lab]]:
    """The two labs of a chapter, made."""
    out = tmp_path_factory.mktemp("labs")
    found = {lab.name: lab for lab in labs_of(CHAPTER)}
    library = archive.wheel(out / "wheel")
    for lab in found.values():
        make.assign(lab, library, out / lab.name)
    return out, found


def graded(out: Path, lab: str, submissions: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """The lines of grades.csv by submission."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    grade.batch(submissions, grade.archive_of(lab, out), LIMITS, out / lab / "grades")
    with (out / lab / "grades" / "grades.csv").open() as table:
        return {row["submission"].removesuffix(".ipynb"): row for row in csv.DictReader(table)}


def test_five_submissions(labs: tuple[Path, dict[str, Lab]], monkeypatch: pytest.MonkeyPatch) -> None:
    out, lab = labs[0], labs[1]["at2l"]
    five(lab, out / "at2l" / "student" / "at2l.ipynb", out / "submissions")
    by = graded(out, "at2l", out / "submissions", monkeypatch)
    status = {name: row["status"] for name, row in by.items()}
    assert status == dict.fromkeys(("right", "wrong", "half", "untouched"), "graded") | {
        "empty": "empty",
        "endless": "time limit",
    }
    points = {name: float(row["points"]) for name, row in by.items()}
    half = lab.exercises[0].points + lab.exercises[1].points / 2
    assert points == {"right": lab.points, "wrong": 0, "half": half, "endless": 0, "empty": 0, "untouched": 0}
    report = json.loads((out / "at2l" / "grades" / "half.json").read_text())
    assert any("test_negative_class" in t.get("output", "") or "negative_class" in t["name"] for t in report["tests"])


def test_a_target_is_scored_by_passes(labs: tuple[Path, dict[str, Lab]], monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's attack gets all points, the solution on the page some, FGSM fewer, a broken rule none."""
    out, lab = labs[0], labs[1]["at2l-break-it"]
    given = nbformat.read(out / lab.name / "student" / f"{lab.name}.ipynb", as_version=4)
    page = [c for c in nbformat.read(CHAPTER, 4).cells if "break-it-solution" in c.metadata.get("tags", [])]
    attacks = {
        "right": lab.exercises[0].solution,
        "page": page[0].source,
        "fgsm": FGSM,
        "wrong": OUTSIDE,
        "endless": f"def attack(model, x, y):\n{ENDLESS}\n\njudge(attack, target)",
    }
    (out / "attacks").mkdir()
    for name, code in attacks.items():
        nbformat.write(answered(given, {"attack": code}), out / "attacks" / f"{name}.ipynb")
    by = graded(out, lab.name, out / "attacks", monkeypatch)
    assert {n: row["status"] for n, row in by.items() if n != "endless"} == dict.fromkeys(
        set(by) - {"endless"}, "graded"
    )
    points = {name: float(row["points"]) for name, row in by.items()}
    assert by["endless"]["status"] == "time limit"
    assert points["right"] == 10 > points["page"] > points["wrong"] == points["endless"] == 0 and points["fgsm"] < 10


def test_students_get_no_solution_and_no_hidden_test(labs: tuple[Path, dict[str, Lab]]) -> None:
    """`assign` refuses a leak; here it is looked for once more, by hand."""
    out = labs[0]
    text = "".join(p.read_text() for p in (out / "at2l" / "student").rglob("*") if p.is_file())
    assert "return ...  # your answer" in text and 'grader.check(\\"triplets\\")' in text
    assert "def test_triplets(" in text and "test_triplets_of_other_logits" not in text and "near - far" not in text
    assert "otter" in sys.modules  # it was otter that made them
