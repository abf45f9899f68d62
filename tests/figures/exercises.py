"""The exercises of a notebook, read cell by cell, and the answers beside it: the format of book/EXERCISES.md."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FIXTURE = ROOT / "tests" / "house_fixtures" / "exercise.ipynb"
NOTEBOOKS = [FIXTURE, *sorted((ROOT / "book").rglob("*.ipynb"))]
CONTROLS = {
    "BEGIN": {"QUESTION": "Q", "PROMPT": "P", "TESTS": "T", "SOLUTION": "S"},
    "END": {"QUESTION": "q", "PROMPT": "p", "TESTS": "t", "SOLUTION": "s"},
}
KINDS = {"exercise-stub": "c", "exercise-check": "V", "exercise-solution": "A", "exercise-hidden": "H"}


def tags(cell: Any) -> list[str]:
    return list(cell.metadata.get("tags", []))


def letter(cell: Any) -> str:
    """What a cell of an exercise is: a control, m for prose, a kind of code, or ? for what does not belong there."""
    if cell.cell_type == "raw" and (found := re.match(r"# (BEGIN|END) (\w+)\n?", cell.source)):
        return CONTROLS[found[1]].get(found[2], "?")
    kinds = [KINDS[tag] for tag in tags(cell) if tag in KINDS] if cell.cell_type == "code" else []
    return "m" if cell.cell_type == "markdown" else kinds[0] if len(kinds) == 1 else "?"


def exercises(notebook: Any) -> Iterator[list[Any]]:
    """The cells of each exercise, from BEGIN QUESTION to END QUESTION."""
    inside: list[Any] = []
    for cell in notebook.cells:
        if inside or letter(cell) == "Q":
            inside.append(cell)
        if inside and letter(cell) == "q":
            yield inside
            inside = []
    if inside:
        yield inside


@dataclass(frozen=True)
class Answer:
    """One answer of an answer file: `exercise`, its `kind`, what the student thought, the code, and its first line."""

    exercise: str
    kind: str
    thought: str
    code: str
    line: int


def answers_beside(notebook: Path) -> Path:
    return notebook.with_name(f"{notebook.stem}.answers.py")


def read_answers(text: str) -> tuple[str, list[Answer]]:
    """What stands before the first answer (the names that the checks take from the chapter), and the answers.

    Raises: ValueError if a heading is not `# %% exercise: kind`, or no comment below it says what the student thought.
    """
    head, *parts = re.split(r"^# %%", text, flags=re.M)
    answers, line = [], 1 + head.count("\n")
    for part in parts:
        heading, _, code = part.partition("\n")
        found = re.fullmatch(r" (\w+): (right|wrong|fault|hidden)", heading)
        if not found:
            raise ValueError(f"line {line}: not `# %% exercise: right|wrong|fault|hidden`: # %%{heading}")
        said = re.match(r"(?:# ?.*\n)+", code)
        if not said:
            raise ValueError(f"line {line}: say in a comment what the student thought")
        thought = " ".join(re.sub(r"^# ?", "", said[0], flags=re.M).split())
        answers.append(Answer(found[1], found[2], thought, code, line + 1))
        line += part.count("\n")
    return head, answers
