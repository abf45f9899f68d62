"""A chapter that cannot become a lab is refused before otter runs, and the cell is named."""

import sys
from pathlib import Path

import nbformat
import pytest
from assignments.notebooks import (
    FIXTURE,
    Change,
    changed,
    drop,
    hidden_is_public,
    lenient_hidden,
    rewritten,
    stored_error,
    stub_is_solved,
    twice,
    unbound,
    unended,
)

from book.labs import make, refusals, trial
from book.labs.lab import labs_of


def said(path: Path) -> list[str]:
    """All that is wrong with a notebook and its labs, without running anything."""
    found = list(refusals.of_notebook(nbformat.read(path, as_version=4), path.name))
    return found + [fault for lab in labs_of(path) for fault in refusals.of_lab(lab)]


def run(path: Path) -> list[str]:
    """All that is wrong when the labs of a notebook run."""
    return [fault for lab in labs_of(path) for fault in trial.faults(lab)]


def test_the_fixture_becomes_a_lab() -> None:
    assert said(FIXTURE) == [] and run(FIXTURE) == []


@pytest.mark.parametrize(
    ("change", "cell", "fault"),
    [
        (drop("exercise-solution"), "exercise-03", "fgsm_step is without a solution"),
        (drop("exercise-check"), "exercise-03", "fgsm_step is without a public test"),
        (drop("exercise-hidden"), "exercise-03", "fgsm_step is without a hidden test"),
        (drop("exercise-stub"), "exercise-03", "fgsm_step is without a stub"),
        (hidden_is_public, "exercise-15", "the hidden test test_again is equal to the public test test_fgsm_step"),
        (stored_error, "exercise-09", "a stored error, NameError"),
        (unended, "exercise-03", "has no END QUESTION"),
        (twice, "exercise-03", "a word of its own, not 'fgsm_step' (2 times)"),
        (unbound, "exercise-03", "no cell before the exercises binds lost"),
        (
            rewritten("exercise-solution", "(x + eps * g.sign()).clamp(0, 1)", "..."),
            "exercise-03",
            "solution is the stub",
        ),
        (rewritten("exercise-hidden", "def test_fgsm", "def fgsm"), "exercise-15", "one function test_..."),
    ],
)
def test_what_is_refused_by_looking(change: Change, cell: str, fault: str, tmp_path: Path) -> None:
    found = said(changed(change, tmp_path))
    assert any(f"chapter.ipynb, cell {cell}: " in words and fault in words for words in found), found


@pytest.mark.parametrize(
    ("change", "cell", "fault"),
    [
        (stub_is_solved, "exercise-09", "the stub passes the test test_fgsm_step"),
        (stub_is_solved, "exercise-15", "the stub passes the test test_fgsm_step_stays_in_the_box"),
        (lenient_hidden, "exercise-15", "the stub passes the test test_lenient"),
        (rewritten("exercise-solution", ".clamp(0, 1)", ""), "exercise-15", "fails the test test_fgsm_step_stays"),
        (rewritten("exercise-solution", "g.sign()", "h.sign()"), "exercise-09", "NameError: name 'h'"),
        (rewritten("exercise-stub", "def", "lost\ndef"), "exercise-03", "its stub raises NameError: name 'lost'"),
    ],
)
def test_what_is_refused_by_trying(change: Change, cell: str, fault: str, tmp_path: Path) -> None:
    found = run(changed(change, tmp_path))
    assert any(f"chapter.ipynb, cell {cell}: " in words and fault in words for words in found), found


def test_a_cell_that_the_exercises_need_and_that_raises(tmp_path: Path) -> None:
    def change(notebook: nbformat.NotebookNode) -> None:
        notebook.cells[1].source += "\nh = 1 / 0"
        rewritten("exercise-solution", "eps *", "h * eps *")(notebook)

    (found,) = run(changed(change, tmp_path))
    assert "ZeroDivisionError" in found and "import torch" in found


@pytest.mark.parametrize("change", [drop("exercise-solution"), stored_error])
def test_make_labs_stops_before_otter(
    change: Change, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = changed(change, tmp_path)
    monkeypatch.setattr(make, "notebooks", lambda: [path])
    monkeypatch.setattr(make, "tried", lambda *of: pytest.fail("it was tried"))
    monkeypatch.setattr(sys, "argv", ["make", "--out", str(tmp_path / "made")])
    assert make.main() == 1
    assert "Refused:\nchapter.ipynb, cell exercise-0" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()


def test_a_lab_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(make.Refused, match="no such lab: dandy; there are exercise"):
        make.wanted([FIXTURE], ["dandy"], None)


@pytest.mark.slow
def test_every_chapter_is_fit_to_be_a_lab() -> None:
    chosen = make.wanted(make.notebooks(), [], None)
    targets = [lab.name for lab in chosen if lab.name.endswith("-break-it")]
    assert len(targets) == len(list((make.ROOT / "book" / "papers").glob("*.ipynb")))
    assert len(chosen) - len(targets) == len([p for p in make.notebooks() if p.stem != "scorecard"])
