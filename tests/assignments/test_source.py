"""The notebook that otter gets, and what must not be in the one that students get."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from assignments.notebooks import FIXTURE

from book.labs import source
from book.labs.lab import Lab, equations, labs_of
from book.labs.leaks import leaks


@pytest.fixture
def lab() -> Lab:
    (found,) = labs_of(FIXTURE)
    return found


def test_the_cells_in_their_order(lab: Lab) -> None:
    cells = source.notebook(lab).cells
    kinds = [c.source.split("\n")[0] if c.cell_type == "raw" else c.cell_type for c in cells]
    assert kinds == [
        "# ASSIGNMENT CONFIG",
        "markdown",
        "code",
        "# BEGIN QUESTION",
        "markdown",
        *("# BEGIN PROMPT", "code", "# END PROMPT"),
        *("# BEGIN SOLUTION", "code", "# END SOLUTION"),
        *("# BEGIN TESTS", "code", "code", "# END TESTS"),
        "# END QUESTION",
    ]
    config, question = yaml.safe_load(cells[0].source), yaml.safe_load(cells[3].source)
    assert config["name"] == "exercise" and config["tests"] == {"files": True, "ok_format": False}
    assert question == {"name": "fgsm_step", "points": 2} and cells[2].source == "import torch"
    public, hidden = cells[12].source, cells[13].source
    assert public.startswith("def test_fgsm_step(") and "check(" not in public
    assert hidden.startswith("# hidden\ndef test_fgsm_step_stays_in_the_box(")


def test_a_hidden_test_asks_what_the_public_one_asks_first(lab: Lab) -> None:
    """A public test that refuses is enough, and it may ask for names that the hidden one does not know."""
    exercise = lab.exercises[0]
    public = replace(exercise.public[0], source="def test_p(f, limit):\n    assert f() > limit, 'public'")
    hidden = replace(exercise.hidden[0], source="def test_h(f, g):\n    assert f() == g, 'hidden'")
    made: dict[str, Any] = {}
    exec(source.tested(hidden, replace(exercise, tests=(public, hidden))), made)
    made["test_h"](f=lambda: 3, g=3, limit=2)
    with pytest.raises(AssertionError, match="public"):
        made["test_h"](f=lambda: 3, g=3, limit=5)
    with pytest.raises(AssertionError, match="hidden"):
        made["test_h"](f=lambda: 4, g=3, limit=2)
    assert "limit" not in source.tested(hidden, replace(exercise, tests=(public, hidden), apart=True))


def test_prose_outside_the_book() -> None:
    text = "By {eq}`one` and {eq}`two`, {doc}`Attacks <attacks>`, {cite:t}`pang`, [passes](../glossary.md#p), [it](https://a.b)."
    shown = source.prose(text, {"one": "a = b", "two": "c"}, 3)
    assert shown == (
        "By (3.1) and (3.2), *Attacks*, [pang], passes, [it](https://a.b).\n\n"
        "$$\na = b \\tag{3.1}\n$$\n\n$$\nc \\tag{3.2}\n$$"
    )
    with pytest.raises(KeyError, match="three"):
        source.prose("{eq}`three`", {}, 1)


def test_labelled_equations_are_found() -> None:
    class Cell:
        cell_type, source = "markdown", "It is\n\n$$\nx = 1\n$$ (first)\n\n$$ y $$ (second)\n\n$$z$$"

    class Notebook:
        cells = [Cell]

    assert equations(Notebook) == {"first": "x = 1", "second": "y"}


@pytest.mark.parametrize(
    ("text", "leak"),
    [
        ("def fgsm_step(x, g, eps):\n    return ...", ""),
        ("a = (x + eps * g.sign()).clamp(0, 1)", ""),
        ("    return (x + eps * g.sign()).clamp(0, 1)", "a line of the solution of fgsm_step"),
        ("def test_fgsm_step_stays_in_the_box(", "the hidden test test_fgsm_step_stays_in_the_box"),
        ("@test_case(points=None, hidden=True)", "hidden=True"),
        ("# BEGIN SOLUTION NO PROMPT", "BEGIN SOLUTION"),
    ],
)
def test_a_leak_is_found(text: str, leak: str, lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "q.py").write_text(text)
    found = list(leaks(lab, tmp_path))
    assert bool(found) == bool(leak) and all("q.py" in words for words in found)
    assert leak in "".join(found)
