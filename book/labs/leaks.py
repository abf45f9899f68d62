"""What of a lab must not reach students: solutions and hidden tests, looked for in the folder that is handed out."""

import ast
from collections.abc import Iterator
from pathlib import Path

from book.labs.exercise import Exercise
from book.labs.lab import Lab

MARKERS = ("BEGIN SOLUTION", "END SOLUTION", "# SOLUTION", "hidden=True", "# hidden", "BEGIN TESTS")


def leaks(lab: Lab, student: Path) -> Iterator[str]:
    """Each thing that stands in the student folder and must not."""
    for path in sorted(p for p in student.rglob("*") if p.is_file()):
        text = path.read_text(encoding="utf-8")
        yield from (f"{path}: {marker}" for marker in MARKERS if marker in text)
        for exercise in lab.exercises:
            yield from (f"{path}: the hidden test {t.name}" for t in exercise.hidden if f"{t.name}(" in text)
            yield from (
                f"{path}: a line of the solution of {exercise.name}: {line}" for line in own_lines(exercise, text)
            )


def own_lines(exercise: Exercise, text: str) -> Iterator[str]:
    """Lines of the solution that no student is given, and that a text has; short ones say nothing."""
    given = exercise.stub + "".join(test.source for test in exercise.public)
    for line in ast.unparse(ast.parse(exercise.solution)).split("\n"):
        line = line.strip()
        told = line.startswith(("import ", "from ", "def ", "class ")) or line in given
        if len(line) > 20 and not told and (line in text or line.replace("\\", "\\\\").replace('"', '\\"') in text):
            yield line
