"""What went wrong is told with the reader's own line, whatever library it went wrong in."""

import functools
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from ipykernel.compiler import XCachingCompiler
from IPython.core.compilerop import CachingCompiler
from IPython.core.interactiveshell import InteractiveShell

from robustlib.figures import check

Run = Callable[..., str]
HEAD = "import torch\nfrom robustlib.figures import check\n"
CHECK = """
def test_step(step, torch):
    x = torch.ones(3, requires_grad=True)
    moved = step(x)
    assert torch.is_tensor(moved), "return a tensor"
    moved.sum().backward()

told = check(test_step, step, torch)
"""


def session(compiler: type = CachingCompiler) -> Callable[[str], Any]:
    """Runs cells one after the other as IPython runs them, and gives what the last one calls `told`."""
    shell = InteractiveShell(compiler_class=compiler, warn_venv=False)  # whichever environment the caller is in
    shell.history_manager.enabled = False  # type: ignore[union-attr]

    def run(cell: str) -> Any:
        done = shell.run_cell(cell, store_history=False)
        assert done.success
        return shell.user_ns.get("told")

    return run


@pytest.fixture(params=["ipykernel", "ipython", "script"])
def said(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    """What `check` says of an answer: in a notebook, whose cells are files of their own, or in one script."""

    def cells(answer: str) -> str:
        run = session(XCachingCompiler if request.param == "ipykernel" else CachingCompiler)
        for cell in (HEAD, answer):
            run(cell)
        return repr(run(CHECK))

    def script(answer: str) -> str:
        file = tmp_path / "answer.py"
        file.write_text("\n".join([HEAD, answer, CHECK]))
        return repr(runpy.run_path(str(file))["told"])

    return script if request.param == "script" else cells


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (
            "def step(x):\n    y = 2 * x\n    y.sum().backward()\n    return y.backward()",
            "RuntimeError in line 4 of your step, `return y.backward()`: grad can be",
        ),
        (
            "def step(x):\n    return torch.cdist(x, x)",
            "RuntimeError in line 2 of your step, `return torch.cdist(x, x)`: ",
        ),
        (
            "def step(x):\n    return helped(x)\n\n\ndef helped(x):\n    # a comment\n    return x[7]",
            "IndexError in line 3 of your helped, `return x[7]`: ",
        ),
        (
            "# a comment first\n\ndef step(x):\n    return [v / 0 for v in (1, 2)]",
            "ZeroDivisionError in line 2 of your step, `return [v / 0 for v in (1, 2)]`: ",
        ),
        (
            "def step(x):\n    def inner(v):\n        return v.gone\n\n    return inner(x)",
            "AttributeError in line 3 of your step, `return v.gone`: ",
        ),
        (
            "def step(x):\n    return max([x], key=lambda v: v.gone)",
            "AttributeError in line 2 of your step, `return max(",
        ),
        ("step = lambda x: x.gone", "AttributeError in line 1 of your lambda, `step = lambda x: x.gone`: "),
        (
            "@torch.no_grad()\ndef step(x):\n    return x.gone",
            "AttributeError in line 3 of your step, `return x.gone`: ",
        ),
        (
            "def step(x):\n    assert len(x) == 4, 'four'",
            "AssertionError in line 2 of your step, `assert len(x) == 4, 'four'`: four",
        ),
        ("def step(x):\n    raise KeyError", "KeyError in line 2 of your step, `raise KeyError`: no message"),
        (
            "class Step:\n    def __call__(self, x):\n        return x.gone\n\nstep = Step()",
            "AttributeError in line 2 of your Step.__call__, `return x.gone`: ",
        ),
        ("def step(x):\n    return ...", "return a tensor"),
        ("def step(x, y):\n    return x", "the check cannot use this answer, TypeError: step() missing"),
        ("def step(x):\n    return x.detach()", "the check cannot use this answer, RuntimeError: element 0"),
    ],
)
def test_the_last_line_of_the_reader(said: Run, answer: str, wanted: str) -> None:
    assert said(answer).startswith(f"✗ not yet: {wanted}")


def test_a_mistake_in_a_backward_of_the_readers(said: Run) -> None:
    """autograd calls the reader's code, and the check called autograd: both are deep inside torch."""
    answer = """
class Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, g):
        return g @ g.gone

def step(x):
    return Double.apply(x)
"""
    heard = said(answer)
    assert heard.startswith("✗ not yet: AttributeError in line 3 of your Double.backward, `return g @ g.gone`: "), heard


def test_a_chapters_function_is_not_the_readers() -> None:
    """In a kernel the answer's cell is known, so a function of another cell is not called the reader's."""
    run = session()
    for cell in (HEAD, "def given(v):\n    return v.gone", "def mine(v):\n    return given(v)"):
        run(cell)
    told = run("told = check(lambda mine: mine(1), mine)")
    assert repr(told).startswith("✗ not yet: AttributeError in line 2 of your mine, `return given(v)`: ")


def test_a_long_line_is_cut_and_a_line_without_a_source_left_out() -> None:
    def long(v: int) -> object:
        return v.gone if "a very long line that goes on and on and on and on and on" else "to the end"  # type: ignore

    shown = check(lambda long: long(1), long).message.partition("`")[2].partition("`")[0]
    assert len(shown) == 70 and shown.endswith("…")
    names: dict[str, Any] = {}
    exec("def f(v):\n    return v.gone", names)
    assert check(lambda f: f(1), names["f"]).message.startswith("AttributeError in line 2 of your f: 'int' object")


def test_an_assert_of_the_check_that_the_answer_calls_back() -> None:
    def test(f: Callable[[Callable[[int], None]], None]) -> None:
        def spy(n: int) -> None:
            assert n > 0, "never ask for less than one"

        f(spy)

    assert check(test, lambda spy: spy(0)).message == "never ask for less than one"


def test_odd_tests_and_answers() -> None:
    assert check(functools.partial(lambda a, b: a(b), lambda b: b), 1)
    assert not check(functools.partial(lambda a, b: a(b), torch.nn.Linear(2, 2)), 1)
