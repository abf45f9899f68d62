"""Why an answer is not right yet: the check's own sentence, or the line of the reader's code that raised."""

import inspect
import linecache
import sysconfig
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

Frame = tuple[FrameType, int]  # and the line of its file
PACKAGE = str(Path(__file__).parents[2])
INSTALLED = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")} | {PACKAGE})
LONGEST = 70  # characters of a source line that are shown


def reason(error: Exception, test: Callable[..., Any], answer: Sequence[Any]) -> str:
    """What to tell the reader whose `answer`, given to `test`, ended in this error.

    An error raised while the reader's code ran, however deep in a library, is told with the last line of theirs. An
    assert of the check is told in its own words, an error of the check itself with its type.
    """
    frames = list(traceback.walk_tb(error.__traceback__))
    checks = set(_codes(getattr(test, "__code__", None)))
    said = next(iter(str(error).strip().splitlines()), "")
    spoken = isinstance(error, AssertionError)
    theirs = [] if spoken and frames[-1][0].f_code in checks else _of_the_reader(frames, checks, answer)
    if theirs:
        return f"{type(error).__name__} {_place(theirs, answer)}: {said or 'no message'}"
    if spoken:
        return said or _source(*frames[-1]) or "the check failed without saying why"
    return f"the check cannot use this answer, {type(error).__name__}: {said or 'no message'}"


def _codes(code: CodeType | None) -> Iterator[CodeType]:
    """A function's code and that of the functions inside it."""
    if code is not None:
        yield code
        for inner in code.co_consts:
            if isinstance(inner, CodeType):
                yield from _codes(inner)


def _of_the_reader(frames: Sequence[Frame], checks: set[CodeType], answer: Sequence[Any]) -> list[Frame]:
    """The frames in the cells or files where the answers were written; else in any file that is not installed.

    A cell of IPython is a file of its own, ipykernel_12/345.py or <ipython-input-3-...>. In a script the check
    and the answer share one file, so the check is known by its code.
    """
    written = {code.co_filename for code in _written(answer)}
    others = [frame for frame in frames if frame[0].f_code not in checks and not _installed(frame[0].f_code)]
    own = [frame for frame in others if frame[0].f_code.co_filename in written]
    loose = [frame for frame in others if not _nameless(frame[0].f_code.co_filename)]
    return own or loose


def _written(answer: Sequence[Any]) -> list[CodeType]:
    """The code of those answers that are functions, under whatever decorates them."""
    codes = [getattr(inspect.unwrap(part), "__code__", None) for part in answer if callable(part)]
    return [code for code in codes if isinstance(code, CodeType)]


def _installed(code: CodeType) -> bool:
    return code.co_filename.startswith(INSTALLED) or "site-packages" in code.co_filename


def _nameless(file: str) -> bool:
    """Whether this is no file that anybody wrote: <string>, <frozen ...>, but not a cell of IPython."""
    return file.startswith("<") and not file.startswith("<ipython-input")


def _place(theirs: Sequence[Frame], answer: Sequence[Any]) -> str:
    """ "in line 3 of your fgsm_step, `return x + g`"; lines are counted from the function's first."""
    frame, line = theirs[-1]
    code = frame.f_code
    name = code.co_qualname.partition(".<locals>")[0]  # what is inside a function belongs to its count
    known = [*(above.f_code for above, _ in reversed(theirs)), *_written(answer)]
    outer = next((c for c in known if c.co_qualname == name and c.co_filename == code.co_filename), code)
    source = _source(frame, line)
    shown = f", `{source}`" if source else ""
    title = outer.co_qualname.rpartition(".<locals>.")[2].replace("<lambda>", "lambda")
    return f"in line {line - outer.co_firstlineno + 1} of your {title}{shown}"


def _source(frame: FrameType, line: int) -> str:
    source = linecache.getline(frame.f_code.co_filename, line, frame.f_globals).strip()
    return source if len(source) <= LONGEST else source[: LONGEST - 1] + "…"
