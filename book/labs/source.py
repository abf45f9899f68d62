"""The notebook that otter makes a lab of: what the exercises need, and each exercise between its control cells."""

import ast
import re
from copy import deepcopy
from typing import Any

import nbformat
import yaml

from book.labs.exercise import Exercise, Test
from book.labs.lab import Lab

PYTHON = "3.11"  # of the grading image: that of constraints.txt
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
CONFIG = {
    "init_cell": True,
    "export_cell": False,
    "generate": True,
    "run_tests": True,
    "show_question_points": True,
    "python_version": PYTHON,
    "tests": {"files": True, "ok_format": False},
}

HEAD = """\
# {title}: {what}

{count}, {points} points, from the chapter `{notebook}` of the book *robustlib*, which explains every word used here.

Fill in each stub, run its cell and then the check below it. The check is public; further tests, which are not in this
notebook, are run when it is graded. **Run the whole notebook from a fresh kernel before you hand it in**, and hand in
this file alone. Grading stops a notebook that does not end: an endless loop in one answer costs the points of all."""


def notebook(lab: Lab) -> Any:
    """The source notebook of a lab, with solutions and every test."""
    cells = [
        _raw("# ASSIGNMENT CONFIG\n" + yaml.safe_dump({"name": lab.name} | CONFIG, sort_keys=False)),
        _text(head(lab)),
    ]
    cells += map(_code, lab.cells)
    asks_check = any("check(" in e.stub for e in lab.exercises)
    cells += [_code("from robustlib.figures import check")] if asks_check else []
    for i, exercise in enumerate(lab.exercises, 1):
        cells += question(exercise, lab.equations, i)
    for i, cell in enumerate(cells):
        cell.id = f"lab-{i}"
    found = nbformat.v4.new_notebook(cells=cells, metadata=METADATA)
    nbformat.validate(found)
    return found


def head(lab: Lab) -> str:
    """What stands above a lab."""
    count = "one exercise" if len(lab.exercises) == 1 else f"{len(lab.exercises)} exercises"
    what = "break it" if lab.name.endswith("-break-it") else "exercises"
    return HEAD.format(title=lab.title, what=what, count=count.capitalize(), points=lab.points, notebook=lab.notebook)


def question(exercise: Exercise, equations: dict[str, str], number: int) -> list[Any]:
    """The cells of an exercise as otter wants them: prompt, stub, public tests, solution, hidden tests."""
    asked = yaml.safe_dump({"name": exercise.name, "points": exercise.points})
    solution = f"# BEGIN SOLUTION NO PROMPT\n{exercise.solution}\n# END SOLUTION"
    return [
        _raw(f"# BEGIN QUESTION\n{asked}"),
        *(_text(prose(text, equations, number)) for text in exercise.prompt),
        *_between("PROMPT", [_code(exercise.stub)]),
        *_between("SOLUTION", [_code(solution)]),
        *_between("TESTS", [_code(tested(test, exercise)) for test in exercise.tests]),
        _raw("# END QUESTION"),
    ]


def tested(test: Test, exercise: Exercise) -> str:
    """A test cell: whether it is hidden, and the function alone. A hidden one asks what the public ones ask, first.

    Otherwise an answer that the page refuses, with the fault that the chapter teaches against, could earn half.
    """
    function = deepcopy(test.function)
    if function is None or not test.hidden:
        return ast.unparse(function) if function else test.source
    for public in () if exercise.apart else exercise.public[::-1]:
        first, named = public.function, [a.arg for a in function.args.args]
        if first is not None:
            function.args.args += [a for a in first.args.args if a.arg not in named]
            call = ast.parse(f"{first.name}({', '.join(a.arg for a in first.args.args)})").body
            function.body = [first, *call, *function.body]
    return f"# hidden\n{ast.unparse(function)}"


def prose(text: str, equations: dict[str, str], number: int) -> str:
    """A prompt outside the book: equations stand below it, links into the book become their words."""
    asked = list(dict.fromkeys(re.findall(r"\{eq\}`([\w-]+)`", text)))
    for i, label in enumerate(asked, 1):
        text = text.replace(f"{{eq}}`{label}`", f"({number}.{i})")
    text = re.sub(r"\{(?:doc|ref|term)\}`([^`<]+?)(?:\s*<[^`]*>)?`", r"*\1*", text)
    text = re.sub(r"\{cite:\w+\}`([^`]+)`", r"[\1]", text)
    text = re.sub(r"\[([^\]]+)\]\((?!https?:)[^)]*\)", r"\1", text)
    shown = [f"$$\n{equations[label]} \\tag{{{number}.{i}}}\n$$" for i, label in enumerate(asked, 1)]
    return "\n\n".join([text, *shown])


def _between(what: str, cells: list[Any]) -> list[Any]:
    return [_raw(f"# BEGIN {what}"), *cells, _raw(f"# END {what}")]


def _raw(source: str) -> Any:
    return nbformat.v4.new_raw_cell(source.rstrip())


def _text(source: str) -> Any:
    return nbformat.v4.new_markdown_cell(source)


def _code(source: str) -> Any:
    return nbformat.v4.new_code_cell(source.rstrip())
