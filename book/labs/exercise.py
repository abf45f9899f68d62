"""An exercise of a chapter as a lab needs it, read from the cells that book/EXERCISES.md describes."""

import ast
import re
from dataclasses import dataclass, replace
from typing import Any

import yaml

KINDS = {
    "exercise-stub": "stub",
    "exercise-check": "visible",
    "exercise-solution": "solution",
    "exercise-hidden": "hidden",
}
NO_SOLUTION = re.compile(r"^# (BEGIN SOLUTION NO PROMPT|END SOLUTION)\n?|^.*# IGNORE\n?", re.M)


@dataclass(frozen=True)
class Test:
    """One test of an exercise: a function that takes names of the notebook, and the cell or file that it is from."""

    source: str
    hidden: bool
    cell: str

    @property
    def function(self) -> ast.FunctionDef | None:
        """The test itself, without what calls it; None where the source holds none."""
        found = [node for node in ast.parse(self.source).body if isinstance(node, ast.FunctionDef)]
        return found[0] if found else None

    @property
    def name(self) -> str:
        """The name of the test; "" where there is none."""
        return self.function.name if self.function else ""

    @property
    def asks(self) -> str:
        """What it asks, whatever it is called and however it is laid out: equal for tests that are the same."""
        function = self.function
        if function is None:
            return ""
        body = function.body
        if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            body = body[1:]
        return "\n".join([ast.dump(function.args), *map(ast.dump, body)])


@dataclass(frozen=True)
class Exercise:
    """One question of a lab. What the notebook lacks is "" or (): refused later, with the cell."""

    name: str
    points: int
    prompt: tuple[str, ...]
    stub: str
    solution: str
    tests: tuple[Test, ...]
    cell: str  # where it begins
    apart: bool = False  # whether a hidden test counts where the public ones refuse

    @property
    def public(self) -> tuple[Test, ...]:
        """The tests that students get."""
        return tuple(test for test in self.tests if not test.hidden)

    @property
    def hidden(self) -> tuple[Test, ...]:
        """The tests that only the grader has."""
        return tuple(test for test in self.tests if test.hidden)

    def with_private(self, private: tuple[Test, ...]) -> "Exercise":
        """The exercise with an instructor's tests: one that has the name of a test replaces it, others join."""
        named = {test.name: test for test in private}
        kept = [named.pop(test.name, test) for test in self.tests]
        return replace(self, tests=(*kept, *named.values()))


def control(cell: Any) -> str:
    """`BEGIN QUESTION` and the like, of a raw cell; "" for other cells."""
    found = re.match(r"# ((?:BEGIN|END) \w+)", cell.source) if cell.cell_type == "raw" else None
    return found[1] if found else ""


def kind(cell: Any) -> str:
    """What a code cell of an exercise is; "" for other cells."""
    kinds = [KINDS[tag] for tag in cell.metadata.get("tags", []) if tag in KINDS] if cell.cell_type == "code" else []
    return kinds[0] if len(kinds) == 1 else ""


def blocks(notebook: Any) -> list[list[Any]]:
    """The cells of each exercise, from BEGIN QUESTION to END QUESTION, or to the next one or the end without it."""
    found: list[list[Any]] = []
    inside = False
    for cell in notebook.cells:
        if control(cell) == "BEGIN QUESTION":
            found.append([])
            inside = True
        if inside:
            found[-1].append(cell)
        inside = inside and control(cell) != "END QUESTION"
    return found


def answer(stub: str, solution: str) -> str:
    """The solution with the imports of the stub, because otter leaves the stub out where it puts the solution."""
    imported = [n for n in ast.parse(stub).body if isinstance(n, ast.Import | ast.ImportFrom)] if solution else []
    return "\n".join([*map(ast.unparse, imported), solution])


def read(cells: list[Any]) -> Exercise:
    """The exercise that these cells hold."""
    asked = yaml.safe_load(cells[0].source) or {}
    of = {name: [c for c in cells if kind(c) == name] for name in KINDS.values()}
    stub, solution = (["", *(c.source for c in of[name])][-1] for name in ("stub", "solution"))
    tests = [Test(c.source, hidden, c.id) for hidden in (False, True) for c in of["hidden" if hidden else "visible"]]
    prompt = tuple(c.source for c in cells if c.cell_type == "markdown")
    points = asked.get("points")
    return Exercise(
        str(asked.get("name", "")),
        points if isinstance(points, int) else 0,
        prompt,
        stub,
        answer(stub, NO_SOLUTION.sub("", solution).strip()),
        tuple(tests),
        cells[0].id,
    )
