"""What went wrong in somebody else's attack, with the line of theirs."""

import inspect
import linecache
import traceback
from typing import Any

LONGEST = 70  # characters of a source line that are shown


def mistake(error: BaseException, attack: Any) -> str:
    """ "ZeroDivisionError in line 2 of your attack, `return x / 0`: division by zero".

    The line is the last one of the file, or cell, that the attack was written in, however deep in a library the error
    was raised; it is counted from the function's first. Without such a line the error is told alone.
    """
    said = next(iter(str(error).strip().splitlines()), "") or "no message"
    function = inspect.unwrap(attack if inspect.isroutine(attack) else type(attack).__call__)
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    file = None if str(function.__module__).startswith("robustlib.") else file  # the library's own attack
    theirs = [at for at in traceback.walk_tb(error.__traceback__) if at[0].f_code.co_filename == file]
    if not theirs:
        return f"{type(error).__name__}: {said}"
    frame, line = theirs[-1]
    source = linecache.getline(frame.f_code.co_filename, line, frame.f_globals).strip()[:LONGEST]
    shown = f", `{source}`" if source else ""
    place = f"line {line - frame.f_code.co_firstlineno + 1} of your {frame.f_code.co_name}"
    return f"{type(error).__name__} in {place}{shown}: {said}"
