"""Exercises that say how far the reader is: run a visible check on an answer, without a traceback."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from robustlib.figures.page.answer import remarks_of
from robustlib.figures.page.fragment import BASE
from robustlib.figures.page.reason import reason


@dataclass(frozen=True, repr=False)
class Verdict:
    """Whether an answer passed its check, and if not, why; true or false as the answer is."""

    passed: bool
    message: str

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        return f"✓ {self.message}" if self.passed else f"✗ not yet: {self.message}"

    def _repr_html_(self) -> str:
        line = "4px solid #3A8FC7" if self.passed else "4px dashed #D55E00"
        style = f"border-left:{line};padding:.2em .7em;margin:.2em 0"
        return (
            f'<style>{BASE}</style><div class="rl rl-verdict" role="status" style="{style}">{escape(repr(self))}</div>'
        )


def check(test: Callable[..., Any], *answer: Any, strict: bool | None = None) -> Verdict:
    """Run `test(*answer)`, which asserts what a right answer does: "passed", or "not yet" and the reason.

    The reason is the check's own sentence or, where the answer raised, the line of the reader's code it came from. A
    right answer that `read_answer` had to convert passes with a remark. An unfinished answer (`...`, None, an error of
    its own) is "not yet" and raises nothing. With `strict=True`, or ROBUSTLIB_STRICT=1 in the environment where strict
    is None, a wrong answer raises: for tests of the solutions.

    Raises: AssertionError with the same reason, if strict.
    """
    try:
        with remarks_of() as remarks:
            test(*answer)
    except Exception as error:  # noqa: BLE001 (whatever the reader's code raises is an answer that is not right yet)
        why = reason(error, test, answer)
        if strict or (strict is None and os.environ.get("ROBUSTLIB_STRICT") == "1"):
            raise AssertionError(why) from error
        return Verdict(False, why)
    return Verdict(True, ", ".join(["passed", *remarks]))
