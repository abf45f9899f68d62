"""What makes a lab be refused, found without running anything. Each refusal names the notebook and the cell."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from book.labs.exercise import Exercise, blocks, control
from book.labs.lab import Lab

WORD = re.compile(r"[a-z]\w*")


def of_notebook(notebook: Any, path: str) -> Iterator[str]:
    """What is wrong with the notebook itself: a stored error, an exercise that does not end."""
    for i, cell in enumerate(notebook.cells):
        stored = cell.cell_type == "code" and any(o.output_type == "error" for o in cell.outputs)
        if stored and "raises-exception" not in cell.metadata.get("tags", []):
            name = next(o.ename for o in cell.outputs if o.output_type == "error")
            yield f"{path}, cell {cell.get('id', i)}: a stored error, {name}; run the notebook again"
    for cells in blocks(notebook):
        if control(cells[-1]) != "END QUESTION":
            yield f"{path}, cell {cells[0].get('id')}: this BEGIN QUESTION has no END QUESTION"


def of_lab(lab: Lab) -> Iterator[str]:
    """What is wrong with a lab, exercise by exercise."""
    for name, count in Counter(e.name for e in lab.exercises).items():
        if count > 1 or not WORD.fullmatch(name):
            cell = next(e.cell for e in lab.exercises if e.name == name)
            said = f"the name of an exercise is a word of its own, not {name!r} ({count} times)"
            yield f"{lab.notebook}, cell {cell}: {said}"
    for exercise in lab.exercises:
        for fault in of_exercise(exercise):
            yield f"{lab.notebook}, {fault}"
    if lab.missing:
        names = ", ".join(sorted(lab.missing))
        first = lab.exercises[0].cell
        yield f"{lab.notebook}, cell {first}: no cell before the exercises binds {names}, which they read"


def of_exercise(exercise: Exercise) -> Iterator[str]:
    """What is wrong with one exercise, each beginning with its cell."""
    here = f"cell {exercise.cell}: {exercise.name}"
    parts = {"a solution": exercise.solution, "a stub": exercise.stub, "a prompt": exercise.prompt}
    parts |= {"points": exercise.points, "a public test": exercise.public, "a hidden test": exercise.hidden}
    yield from (f"{here} is without {part}" for part, found in parts.items() if not found)
    if exercise.solution and exercise.stub and _same(exercise.solution, exercise.stub):
        yield f"{here}: its solution is the stub"
    seen: dict[str, str] = {}
    for test in exercise.tests:
        if not test.name.startswith("test_"):
            yield f"cell {test.cell}: {exercise.name}: a test cell holds one function test_... and its call"
        elif test.asks in seen:
            what = "hidden test" if test.hidden else "test"
            yield f"cell {test.cell}: {exercise.name}: the {what} {test.name} is equal to {seen[test.asks]}"
        else:
            seen[test.asks] = f"the {'hidden' if test.hidden else 'public'} test {test.name}"


def _same(one: str, other: str) -> bool:
    return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))
