"""A lab: the exercises of a chapter with what they need, or one target to break."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat

from book.labs import break_it
from book.labs.exercise import Exercise, Test, blocks, read
from book.labs.needs import binds, code_before, imports, needed, reads_of

ROOT = Path(__file__).resolve().parents[2]
SETUP = "setup"  # the id of the cell that every notebook begins with
JOIN = "import robustlib.chapters  # the targets join the registry"


@dataclass(frozen=True)
class Lab:
    """What an assignment is made of. `cells` run before the exercises; `equations` are the chapter's, by label."""

    name: str
    title: str
    notebook: str  # of the chapter, from the root of the repository
    cells: tuple[str, ...]
    exercises: tuple[Exercise, ...]
    equations: dict[str, str]
    missing: frozenset[str] = frozenset()  # names that the exercises read and no cell binds

    @property
    def points(self) -> int:
        """The points of all exercises."""
        return sum(exercise.points for exercise in self.exercises)

    def with_overlay(self, private: dict[str, tuple[Test, ...]]) -> "Lab":
        """The lab with an instructor's tests, by exercise. Raises: ValueError for an exercise that it has not."""
        unknown = sorted(set(private) - {exercise.name for exercise in self.exercises})
        if unknown:
            known = ", ".join(exercise.name for exercise in self.exercises)
            raise ValueError(
                f"the overlay has tests for {', '.join(unknown)}, but the exercises of {self.name} are {known}"
            )
        return replace(self, exercises=tuple(e.with_private(private.get(e.name, ())) for e in self.exercises))


def title(notebook: Any) -> str:
    """The heading of a chapter."""
    heading = next((c.source for c in notebook.cells if c.cell_type == "markdown" and c.source.startswith("# ")), "# ?")
    return str(heading.split("\n")[0].removeprefix("# "))


def equations(notebook: Any) -> dict[str, str]:
    """The labelled equations of a chapter."""
    text = "\n\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    return {label: body.strip() for body, label in re.findall(r"\$\$(.+?)\$\$ *\(([\w-]+)\)", text, re.S)}


def mentioned(prompts: list[str], sources: list[str]) -> set[str]:
    """The modules that prompts speak of by a dot, as `F.cross_entropy`, and that the chapter imports."""
    spans = [span for text in prompts for span in re.findall(r"`([^`\n]+)`", text)]
    named = {word for span in spans for word in re.findall(r"\b([A-Za-z]\w*)\.[A-Za-z]", span)}
    return {name for name in named if any(imports(source, {name})[1] for source in sources)}


def made(name: str, notebook: Any, path: str, exercises: tuple[Exercise, ...], within: list[Any]) -> Lab:
    """The lab of some exercises, which the cells `within` hold, with what they need of the notebook."""
    code = [code for e in exercises for code in (e.stub, e.solution, *(test.source for test in e.tests))]
    before = code_before(notebook, within)
    setup = [c.source for c in before if c.get("id") == SETUP]
    given = set().union(*map(binds, setup))
    sources = [c.source for c in before if c.get("id") != SETUP]
    names = reads_of(code) | mentioned([text for e in exercises for text in e.prompt], sources)
    kept, missing = needed(sources, names - given - {"check"})
    return Lab(
        name,
        title(notebook),
        path,
        (*setup, *kept),
        exercises,
        equations(notebook),
        frozenset(missing - given - {"env"}),
    )


def labs_of(path: Path) -> list[Lab]:
    """The labs of a chapter: its exercises, and its target to break where it has one."""
    notebook = nbformat.read(path, as_version=4)
    where = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
    found = []
    if cells := blocks(notebook):
        exercises = tuple(map(read, cells))
        found.append(made(path.stem, notebook, where, exercises, [c for block in cells for c in block]))
    if target := break_it.cells(notebook):
        exercise = break_it.exercise(notebook)
        own = [target["stub"], target["solution"]]
        lab = made(f"{path.stem}-break-it", notebook, where, (exercise,), own)
        found.append(replace(lab, cells=(*lab.cells[:1], JOIN, *lab.cells[1:])))
    return found
