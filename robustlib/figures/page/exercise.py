"""Exercises that say how far the reader is: run a visible check on an answer, without a traceback."""

import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from robustlib.figures.page.fragment import BASE


@dataclass(frozen=True, repr=False)
class Verdict:
    """Whether an answer passed its check, and if not, why; true or false as the answer is."""

    passed: bool
    message: str

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        return "✓ passed" if self.passed else f"✗ not yet: {self.message}"

    def _repr_html_(self) -> str:
        line = "4px solid #3A8FC7" if self.passed else "4px dashed #D55E00"
        style = f"border-left:{line};padding:.2em .7em;margin:.2em 0"
        return (
            f'<style>{BASE}</style><div class="rl rl-verdict" role="status" style="{style}">{escape(repr(self))}</div>'
        )


def check(test: Callable[..., Any], *answer: Any, strict: bool | None = None) -> Verdict:
    """Run `test(*answer)`, which asserts what a right answer does: "passed", or "not yet" and the reason.

    An unfinished answer (`...`, None, an error of its own) is "not yet" and raises nothing. With `strict=True`, or
    ROBUSTLIB_STRICT=1 in the environment where strict is None, a wrong answer raises: for tests of the solutions.

    Raises: AssertionError with the same reason, if strict.
    """
    try:
        test(*answer)
    except Exception as error:  # noqa: BLE001 (whatever the reader's code raises is an answer that is not right yet)
        reason = _reason(error, test)
        if strict or (strict is None and os.environ.get("ROBUSTLIB_STRICT") == "1"):
            raise AssertionError(reason) from error
        return Verdict(False, reason)
    return Verdict(True, "passed")


def _reason(error: Exception, test: Callable[..., Any]) -> str:
    """The check's own message, else the line of the check that failed, else the error in the reader's code."""
    said = str(error).strip()
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, AssertionError):
        return said.splitlines()[0] if said else (frames[-1].line or "the check failed without saying why")
    here = [frame for frame in frames if frame.filename != __file__]
    inside = bool(here) and here[-1].name != getattr(test, "__name__", "")
    where = f" in line {here[-1].lineno} of your {here[-1].name}" if inside else ""
    return f"{type(error).__name__}{where}: {said.splitlines()[0] if said else 'no message'}"
