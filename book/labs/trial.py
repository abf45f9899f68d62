"""Tries a lab before it is made: every test has to refuse the stub and to accept the solution."""

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from book.labs.exercise import Exercise, Test
from book.labs.lab import Lab, labs_of
from book.labs.needs import python
from book.labs.overlay import private_tests


def run_cell(source: str, names: dict[str, Any], cell: str) -> str:
    """Run a cell in these names; "" or the error."""
    try:
        exec(compile(python(source), f"<cell {cell}>", "exec"), names)
    except Exception as error:  # noqa: BLE001 (whatever a cell raises is what is told)
        return f"{type(error).__name__}: {error}"
    return ""


def outcomes(tests: tuple[Test, ...], names: dict[str, Any]) -> list[str]:
    """What each test says to an answer, "" if it passes. As in otter they share a module and get names by parameter."""
    module: dict[str, Any] = {}
    said = []
    for test in tests:
        function = test.function
        assert function is not None
        takes = [a.arg for a in function.args.args]
        exec(compile(ast.unparse(function), "<test>", "exec"), module)
        try:
            module[test.name](**{name: names if name == "env" else names.get(name) for name in takes})
            said.append("")
        except Exception as error:  # noqa: BLE001 (as in otter, any exception is a refusal)
            said.append(f"{type(error).__name__}: {error}")
    return said


def tried(exercise: Exercise, names: dict[str, Any]) -> Iterator[str]:
    """What is wrong with an exercise. The names are left as its solution leaves them, as in the notebook."""
    here = f"cell {exercise.cell}: {exercise.name}"
    blank = dict(names)
    if error := run_cell(exercise.stub, blank, exercise.cell):
        yield f"{here}: its stub raises {error}"
    for test, said in zip(exercise.tests, outcomes(exercise.tests, blank), strict=True):
        if not said:
            yield f"cell {test.cell}: {exercise.name}: the stub passes the test {test.name}"
    if error := run_cell(exercise.solution, names, exercise.cell):
        yield f"{here}: its solution raises {error}"
    for test, said in zip(exercise.tests, outcomes(exercise.tests, names), strict=True):
        if said:
            yield f"cell {test.cell}: {exercise.name}: the solution fails the test {test.name}: {said}"


def faults(lab: Lab) -> Iterator[str]:
    """What is wrong with a lab when it runs."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for i, source in enumerate(lab.cells):
        if error := run_cell(source, names, str(i)):
            yield f"{lab.notebook}: a cell that the exercises need raises {error}:\n{source}"
            return
    for exercise in lab.exercises:
        yield from (f"{lab.notebook}, {fault}" for fault in tried(exercise, names))


def main(overlay: str, only: str, notebooks: list[str]) -> None:
    """Print what is wrong with labs of these notebooks, those named or all, as a list in JSON."""
    out, sys.stdout = sys.stdout, sys.stderr
    found, named = [], set(only.split(",")) - {""}
    for lab in (lab for notebook in notebooks for lab in labs_of(Path(notebook))):
        if not named or lab.name in named:
            tests = private_tests(Path(overlay), lab.name) if overlay else {}
            found += list(faults(lab.with_overlay(tests)))
    out.write(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
