"""Submissions to a lab: its student notebook with answers in the place of stubs."""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
from figures.exercises import Answer, answers_beside, read_answers

from book.labs.lab import ROOT, Lab

ENDLESS = "    while True:\n        pass\n"


def answered(student: Any, answers: dict[str, str]) -> Any:
    """The student notebook with code in the place of the stubs that define these functions."""
    notebook = deepcopy(student)
    for name, code in answers.items():
        (cell,) = [c for c in notebook.cells if c.cell_type == "code" and re.search(rf"^def {name}\(", c.source, re.M)]
        cell.source = code
    return notebook


def functions(lab: Lab) -> dict[str, str]:
    """The first function of each stub, by exercise."""
    return {e.name: re.findall(r"^def (\w+)\(", e.stub, re.M)[0] for e in lab.exercises}


def five(lab: Lab, student: Path, folder: Path) -> None:
    """Write the five submissions to a lab of exercises, from the answers beside its notebook.

    Half right: the first exercise right, the second as its public test takes it and its hidden test refuses it.
    """
    head, answers = read_answers(answers_beside(ROOT / lab.notebook).read_text(encoding="utf-8"))
    given, called = nbformat.read(student, as_version=4), functions(lab)
    solved = {e.name: e.solution for e in lab.exercises}

    def code(name: str, kind: str) -> str:
        found: Answer = next(a for a in answers if (a.exercise, a.kind) == (name, kind))
        return "\n\n\n".join([head, solved[name], found.code])  # an answer may define some of its functions

    first, second, *_ = called
    endless = re.sub(r"^(def .*\n)", r"\1" + ENDLESS, solved[second], flags=re.M)
    chosen = {
        "right": {called[n]: code(n, "right") for n in called},
        "wrong": {called[n]: code(n, "fault") for n in called},
        "half": {called[first]: code(first, "right"), called[second]: code(second, "hidden")},
        "endless": {called[first]: code(first, "right"), called[second]: endless},
    }
    folder.mkdir()
    (folder / "empty.ipynb").write_text("")
    nbformat.write(given, folder / "untouched.ipynb")
    for name, stubs in chosen.items():
        nbformat.write(answered(given, stubs), folder / f"{name}.ipynb")
