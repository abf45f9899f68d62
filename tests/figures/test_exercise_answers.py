"""Each check is tried on the wrong and the right answers beside its notebook: it refuses the fault it teaches against.

How such a file is written stands in book/EXERCISES.md.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import pytest
import torch
import yaml
from figures.exercises import FIXTURE, NOTEBOOKS, ROOT, Answer, answers_beside, exercises, letter, read_answers

from robustlib.figures import Verdict, check

LEAST = {"right": 2, "fault": 1, "hidden": 1}  # and four that are not right


class Asked:
    """One exercise of a notebook: its stub, its solution and its two checks."""

    def __init__(self, cells: list[Any]) -> None:
        self.name = yaml.safe_load(cells[0].source)["name"]
        by = {letter(cell): cell.source for cell in cells}
        self.stub, self.solution = by["c"], by["A"].partition("# END SOLUTION")[0]
        self.tests = {"visible": by["V"], "hidden": by["H"]}

    def verdicts(self, given: dict[str, Any], code: str, file: str = "<answer>", line: int = 1) -> dict[str, Verdict]:
        """What the visible and the hidden check say to an answer; a name it does not define is the solution's."""
        names, said = dict(given), {}
        exec(self.solution, names)
        exec(compile("\n" * (line - 1) + code, file, "exec"), names)
        for kind, source in self.tests.items():
            tree = ast.parse(source)
            test, call = tree.body
            assert isinstance(test, ast.FunctionDef) and isinstance(call, ast.Expr)
            exec(compile(ast.Module([test], []), f"<the {kind} check>", "exec"), names)
            torch.manual_seed(0)
            said[kind] = check(names[test.name], *(names[a.arg] for a in test.args.args), strict=False)
        return said


def faults_of(questions: dict[str, Asked], answers: list[Answer]) -> Iterator[str]:
    """What an answer file lacks, in words."""
    for name in sorted({a.exercise for a in answers} - set(questions)):
        yield f"answers to {name}, an exercise that is gone; there are {', '.join(sorted(questions))}"
    for name in questions:
        kinds = [a.kind for a in answers if a.exercise == name]
        for kind, least in LEAST.items():
            if kinds.count(kind) < least:
                yield f"{name}: {kinds.count(kind)} answers of the kind {kind}, {least} are needed"
        if len(kinds) - kinds.count("right") < 4:
            yield f"{name}: {len(kinds) - kinds.count('right')} answers that are not right, 4 are needed"
        codes = [ast.unparse(ast.parse(a.code)) for a in answers if a.exercise == name]
        if len(set(codes)) < len(codes):
            yield f"{name}: one answer stands there twice"


@cache
def asked(path: Path) -> dict[str, Asked]:
    return {(one := Asked(cells)).name: one for cells in exercises(nbformat.read(path, as_version=4))}


@cache
def answered(path: Path) -> tuple[dict[str, Any], list[Answer]]:
    """The names that the head of the answer file defines, and its answers."""
    head, answers = read_answers(answers_beside(path).read_text(encoding="utf-8"))
    given: dict[str, Any] = {}
    exec(compile(head, str(answers_beside(path)), "exec"), given)
    return given, answers


def all_answers() -> Iterator[Any]:
    """A parameter for each answer of the book, named as a reader would look it up."""
    for path in NOTEBOOKS:
        if answers_beside(path).exists():
            for a in read_answers(answers_beside(path).read_text(encoding="utf-8"))[1]:
                yield pytest.param(path, a, id=f"{path.stem}-{a.exercise}-{a.kind}-line{a.line}")


def test_every_answer_file_has_its_notebook() -> None:
    files = set((ROOT / "book").rglob("*.answers.py"))
    assert files <= {answers_beside(path) for path in NOTEBOOKS}, "an answer file stands beside no notebook"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_every_exercise_has_its_answers(path: Path) -> None:
    if questions := asked(path):
        assert answers_beside(path).exists(), f"write {answers_beside(path).relative_to(ROOT)}, see book/EXERCISES.md"
        assert list(faults_of(questions, answered(path)[1])) == []


@pytest.mark.parametrize(("path", "answer"), all_answers())
def test_the_checks_tell_right_from_wrong(path: Path, answer: Answer) -> None:
    one = asked(path).get(answer.exercise)
    assert one, f"{answers_beside(path).name}, line {answer.line - 1}: there is no exercise {answer.exercise}"
    said = one.verdicts(answered(path)[0], answer.code, str(answers_beside(path)), answer.line)
    wanted = {"right": [True, True], "hidden": [True, False]}.get(answer.kind)
    passed = [verdict.passed for verdict in said.values()]
    thought = f"{answer.thought!r} is to be {answer.kind}: {said}"
    assert passed == wanted if wanted else not passed[0], thought
    if answer.kind in ("wrong", "fault"):
        assert not re.search(r"\.py\b|Traceback|_engine|cannot use", said["visible"].message), said


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_the_stub_is_not_there_yet_and_the_solution_passes(path: Path) -> None:
    for one in asked(path).values():
        stub = one.verdicts(answered(path)[0], one.stub)["visible"]
        assert not stub and "Error" not in stub.message, f"{one.name}: {stub}"
        assert all(one.verdicts(answered(path)[0], "").values()), one.name


GOOD = """import torch
# %% fgsm_step: right
# Thought.
def fgsm_step(x, g, eps): return x
"""


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda answers: [replace(answers[0], exercise="lost"), *answers], "lost, an exercise that is gone; there are"),
        (lambda answers: [a for a in answers if a.kind != "fault"], "0 answers of the kind fault"),
        (lambda answers: [a for a in answers if a.kind != "hidden"], "0 answers of the kind hidden"),
        (lambda answers: [a for a in answers if a.kind != "wrong"], "answers that are not right, 4 are needed"),
        (lambda answers: answers[1:], "1 answers of the kind right, 2 are needed"),
        (lambda answers: [*answers, answers[0]], "one answer stands there twice"),
        (lambda answers: [], "fgsm_step: 0 answers of the kind right"),
    ],
)
def test_an_answer_file_that_lacks_something(change: Callable[[list[Answer]], list[Answer]], fault: str) -> None:
    answers = change(answered(FIXTURE)[1])
    assert any(fault in words for words in faults_of(asked(FIXTURE), answers))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (": right", ": good", "line 2: not `# %% exercise: right"),
        (" fgsm_step:", "", "line 2: not"),
        ("# Thought.\n", "", "line 2: say in a comment"),
    ],
)
def test_an_answer_file_that_cannot_be_read(old: str, new: str, said: str) -> None:
    assert read_answers(GOOD)[1] == [
        Answer("fgsm_step", "right", "Thought.", "\n# Thought.\n".lstrip("\n") + GOOD.splitlines()[-1] + "\n", 3)
    ]
    with pytest.raises(ValueError, match=said):
        read_answers(GOOD.replace(old, new, 1))
