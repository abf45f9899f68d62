"""Run the reader's code in the page: its result, or the line of it that failed, as JSON. Runs in MicroPython."""

import io
import json
import sys

from attack_verdict import no_image, verdict
from attacked import Network
from page import page
from tensors import Tensor

FILE = "your code"


def run(code, name, place, eps):
    """The code with `network`, `x`, `y` and `eps` of one digit; the image that its function `name` makes of it."""

    def go(names):
        x, y = digit(place)
        x_adv = function(names, name)(names["network"], x, y, eps)
        fault = no_image(x_adv, x)
        if fault:
            raise ValueError(fault)
        page.show(x_adv.held)
        return {}

    return answer(code, place, eps, go)


def check(code, name, eps, want):
    """The code, then the verdict on its function `name` over all digits."""

    def go(names):
        digits = [digit(i) for i in range(page.digits())]
        passed, sentence, made = verdict(function(names, name), names["network"], digits, eps, want)
        for x_adv in made:
            page.show(x_adv.held)
        return {"passed": passed, "sentence": sentence}

    return answer(code, 0, eps, go)


def digit(place):
    """An image of the page and its label."""
    return Tensor(page.digit(place), (28, 28)), page.label(place)


def function(names, name):
    """The reader's function. Raises: NameError if there is none of this name."""
    if not callable(names.get(name)):
        raise NameError(f"there is no function {name}: Run and Check call {name}(network, x, y, eps)")
    return names[name]


def answer(code, place, eps, go):
    """What came of it as JSON: what `go` returns, or {"error": sentence, "line": number or 0}."""
    try:
        x, y = digit(place)
        names = {"network": Network(), "x": x, "y": y, "eps": eps, "__name__": "__main__"}
        exec(compile(code, FILE, "exec"), names)
        return json.dumps(go(names))
    except BaseException as error:  # whatever a reader's code raises is for the reader
        trace = io.StringIO()
        sys.print_exception(error, trace)
        return json.dumps({"error": said(error), "line": line_in(trace.getvalue())})


def said(error):
    """The kind of the error and its words, and what to look for where the words are MicroPython's own."""
    words = f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError):
        return words + ". This is not Python yet: look for a missing colon, bracket or quote, or for an indent."
    if isinstance(error, ImportError):
        return words + ". In the page there are network, x, y and eps, and Python's own math."
    if "pystack" in words or "recursion" in words:
        return "RuntimeError: too many calls inside one another. Does a function call itself?"
    return words


def line_in(trace):
    """The last line of the reader's own code in a traceback, 0 if there is none."""
    found = 0
    for part in trace.split("\n"):
        if f'"{FILE}"' in part and ", line " in part:
            found = int(part.split(", line ")[1].split(",")[0])
    return found
