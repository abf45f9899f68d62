"""Every exercise of the book has the cells that book/EXERCISES.md asks for, and the auto-grader takes them."""

import ast
import copy
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from figures.exercises import FIXTURE, NOTEBOOKS, ROOT, exercises, letter, tags

ORDER = "QPcpTVtSAsTHtq"  # one letter for each cell, see `letter`


def functions(source: str) -> dict[str, str]:
    """Name and parameters of every function that a cell defines."""
    return {f.name: ast.unparse(f.args) for f in ast.parse(source).body if isinstance(f, ast.FunctionDef)}


def said(cell: Any) -> str:
    return "\n".join("".join(output.get("data", {}).get("text/plain", "")) for output in cell.outputs)


def faults(notebook: Any) -> list[str]:
    """What is wrong with the exercises of a notebook, in words."""
    questions = list(exercises(notebook))
    raws = [cell for cell in notebook.cells if cell.cell_type == "raw"]
    config = [cell for cell in raws if cell.source.startswith("# ASSIGNMENT CONFIG")]
    found = [
        f"a control without its tags: {c.source!r}" for c in raws if {"remove-cell", "exercise-control"} - set(tags(c))
    ]
    if not questions:
        return found
    if len(config) != 1 or notebook.cells.index(config[0]) > notebook.cells.index(questions[0][0]):
        return [*found, "one ASSIGNMENT CONFIG has to stand before the first exercise"]
    settings = yaml.safe_load(config[0].source)
    if settings.get("tests") != {"files": True, "ok_format": False}:
        found.append("the tests of ASSIGNMENT CONFIG are not `files: true, ok_format: false`")
    names = [(yaml.safe_load(cells[0].source) or {}).get("name") for cells in questions]
    if len(set(names)) != len(names) or not all(re.fullmatch(r"[a-z]\w*", str(name)) for name in names):
        found.append(f"names of exercises have to be distinct words: {names}")
    for name, cells in zip(names, questions, strict=True):
        found += [f"{name}: {fault}" for fault in faults_of_one(cells)]
    return found


def faults_of_one(cells: list[Any]) -> Iterator[str]:
    order = re.sub("m+", "", "".join(map(letter, cells)))
    if not re.fullmatch(ORDER, order) or letter(cells[1]) != "m":
        yield f"the cells are not in the order of book/EXERCISES.md: {''.join(map(letter, cells))}"
        return
    if "m" in "".join(map(letter, cells)).lstrip("Qm"):
        yield "prose stands behind the prompt"
    if not isinstance(yaml.safe_load(cells[0].source).get("points"), int):
        yield "points are missing"
    by = {letter(cell): cell for cell in cells}
    stub, check, solution = by["c"], by["V"], by["A"]
    if not re.search(r"^\*\*Exercise \d+ \(.+\)\.\*\*", "\n".join(c.source for c in cells if letter(c) == "m"), re.M):
        yield "the prompt has no paragraph that begins **Exercise 1 (a few words).**"
    if {"hide-cell", "remove-cell", "hide-input", "remove-input"} & set(tags(stub) + tags(check)):
        yield "stub and check have to be visible"
    if "hide-cell" not in tags(solution) or "code_prompt_show" not in solution.metadata.get("mystnb", {}):
        yield "the solution is not folded under words of its own"
    wanted = functions(stub.source)
    if not wanted or "..." not in stub.source:
        yield "the stub defines no function that waits for an answer (...)"
    inside = re.fullmatch(
        r"# BEGIN SOLUTION NO PROMPT\n(.*?)# END SOLUTION\n\n(check\(.*strict=True\))  # IGNORE", solution.source, re.S
    )
    if not inside:
        yield "the solution cell is not: BEGIN SOLUTION NO PROMPT, answer, END SOLUTION, strict check with IGNORE"
    elif wanted.items() - functions(inside[1]).items():
        yield f"the solution does not define what the stub does: {wanted}"
    yield from faults_of_a_check(check, wanted)
    if inside and not inside[2].startswith(f"check({', '.join(arguments(check))}"):
        yield "the strict check is not the visible one"
    if "✗ not yet" not in said(check) or said(solution) != "✓ passed":
        yield "stored outputs: the stub has to be 'not yet', the solution 'passed'"
    if not (by["H"].source.startswith("# hidden\ndef test_") and "remove-cell" in tags(by["H"])):
        yield "the hidden test has to begin with '# hidden' and a test, and be tagged remove-cell"


def arguments(check: Any) -> list[str]:
    """The arguments of the call of `check`, the test first."""
    last = ast.parse(check.source).body[-1]
    call = last.value if isinstance(last, ast.Expr) else None
    named = isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "check"
    return [ast.unparse(argument) for argument in call.args] if named else []  # type: ignore[union-attr]


def faults_of_a_check(cell: Any, wanted: dict[str, str]) -> Iterator[str]:
    body = ast.parse(cell.source).body
    if len(body) != 2 or not isinstance(body[0], ast.FunctionDef) or not body[0].name.startswith("test_"):
        yield "the check cell has to hold one function test_... and the call of check, nothing else"
        return
    if [body[0].name, *(a.arg for a in body[0].args.args)] != arguments(cell):
        yield "check has to be called with the names of the test's parameters: the grader passes them by name"
    if not {a.arg for a in body[0].args.args} & set(wanted):
        yield "the check does not take the answer"
    if any(isinstance(node, ast.Assert) and node.msg is None for node in ast.walk(body[0])):
        yield "an assert of the check has no message"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_exercises_are_well_formed(path: Path) -> None:
    assert faults(nbformat.read(path, as_version=4)) == []


def test_the_fixture_has_an_exercise_with_a_hidden_test() -> None:
    (cells,) = exercises(nbformat.read(FIXTURE, as_version=4))
    assert "".join(map(letter, cells)) == "QmPcpTVtSAsTHtq"


def edit(kind: str, change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A change to the cells of one kind."""
    return lambda nb: [change(cell) for cell in nb.cells if letter(cell) == kind]


def rewrite(kind: str, old: str, new: str) -> Callable[[Any], Any]:
    """Other words in the cells of one kind; at least one has to hold the old ones."""

    def change(notebook: Any) -> None:
        cells = [cell for cell in notebook.cells if letter(cell) == kind and old in cell.source]
        assert cells
        for cell in cells:
            cell.source = cell.source.replace(old, new)

    return change


def drop(kind: str) -> Callable[[Any], Any]:
    return lambda nb: nb.update(cells=[cell for cell in nb.cells if letter(cell) != kind])


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (drop("P"), "not in the order"),
        (drop("q"), "not in the order"),
        (drop("V"), "not in the order"),
        (drop("m"), "not in the order"),
        (lambda nb: nb.cells.pop(2), "ASSIGNMENT CONFIG has to stand before"),
        (rewrite("Q", "points: 2", ""), "points are missing"),
        (rewrite("Q", "fgsm_step", "one step"), "distinct words"),
        (rewrite("m", "**Exercise 1", "**1"), "begins **Exercise"),
        (rewrite("c", "...", "None"), "waits for an answer"),
        (rewrite("c", "x, g, eps", "x, g"), "does not define what the stub does"),
        (rewrite("V", ', f"{wanted} is right; you say {moved}"', ""), "no message"),
        (rewrite("V", "(fgsm_step, torch):", "(torch):"), "by name"),
        (rewrite("V", "check(", "print("), "by name"),
        (rewrite("A", "# END SOLUTION", ""), "solution cell is not"),
        (rewrite("A", "  # IGNORE", ""), "solution cell is not"),
        (rewrite("A", "check(test_fgsm_step,", "check(test_other,"), "not the visible one"),
        (rewrite("H", "# hidden\n", ""), "hidden test"),
        (drop("H"), "not in the order"),
        (edit("A", lambda c: c.metadata.tags.remove("hide-cell")), "not folded"),
        (edit("c", lambda c: c.metadata.tags.append("hide-input")), "visible"),
        (edit("S", lambda c: c.metadata.tags.remove("remove-cell")), "control without its tags"),
        (edit("A", lambda c: c.outputs.clear()), "stored outputs"),
        (edit("V", lambda c: c.outputs[0].data.update({"text/plain": "✓ passed"})), "stored outputs"),
    ],
)
def test_damage_is_found(damage: Callable[[Any], Any], fault: str) -> None:
    notebook = copy.deepcopy(nbformat.read(FIXTURE, as_version=4))
    damage(notebook)
    assert any(fault in words for words in faults(notebook)), faults(notebook)


def test_stub_fails_and_solution_passes_both_tests() -> None:
    names: dict[str, Any] = {}
    for cell in nbformat.read(FIXTURE, as_version=4).cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
            if letter(cell) == "c":
                stub = names["fgsm_step"]
    visible, hidden = names["test_fgsm_step"], names["test_fgsm_step_stays_in_the_box"]
    assert names["check"](visible, names["fgsm_step"], names["torch"])
    with pytest.raises(AssertionError, match="fill in the stub"):
        visible(stub, names["torch"])
    unclipped = lambda x, g, eps: x + eps * g.sign()  # noqa: E731
    visible(unclipped, names["torch"])
    with pytest.raises(AssertionError):
        hidden(unclipped, names["torch"])


OTTER = os.environ.get("ROBUSTLIB_OTTER") or shutil.which("otter")


@pytest.mark.slow
@pytest.mark.skipif(
    OTTER is None, reason="otter-grader is not installed; ROBUSTLIB_OTTER may name another environment's"
)
def test_otter_makes_a_lab_and_grades_it(tmp_path: Path) -> None:
    shutil.copy(FIXTURE, tmp_path)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}

    def otter(*words: str) -> str:
        done = subprocess.run(
            [str(OTTER), *words], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    assert "All autograder tests passed" in otter("assign", "-v", FIXTURE.name, "lab")
    student = nbformat.read(tmp_path / "lab" / "student" / FIXTURE.name, as_version=4)
    text = json.dumps(student)
    assert "return ...  # your answer" in text and 'grader.check(\\"fgsm_step\\")' in text
    assert "clamp" not in text and "stays_in_the_box" not in text, "a solution or a hidden test leaked"
    public = (tmp_path / "lab" / "student" / "tests" / "fgsm_step.py").read_text()
    assert "def test_fgsm_step(" in public and "stays_in_the_box" not in public
    (zipped,) = (tmp_path / "lab" / "autograder").glob("*.zip")
    for answer, score in (("(x + eps * g.sign()).clamp(0, 1)", 2.0), ("x + eps * g.sign()", 1.0), ("...", 0.0)):
        for cell in student.cells:
            if "exercise-stub" in tags(cell):
                cell.source = re.sub(r"return .*", f"return {answer}  # your answer", cell.source)
        nbformat.write(student, tmp_path / "answer.ipynb")
        otter("run", "-a", str(zipped), "-o", str(tmp_path), "answer.ipynb")
        results = json.loads((tmp_path / "results.json").read_text())
        assert sum(test["score"] for test in results["tests"] if "score" in test) == score
