"""Show the library's own source on the page, so that what the reader sees is what runs."""

import inspect
import re
import textwrap
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from robustlib.figures.page.assets import asset
from robustlib.figures.page.fragment import Fragment, attribute, fragment

CSS = asset(__name__, "source.css")


def show(*objects: type | Callable[..., Any], body_only: bool = False) -> Fragment:
    """The current source of classes and functions, each whole, with file and lines, one below the other.

    An attack and the loop it hands itself to: `show(PGD, climb)`. With `body_only` a class is its `__call__` alone.
    Raises: ValueError if Python has no source for one, if there is none, or `body_only` finds no `__call__`.
    """
    if not objects:
        raise ValueError("show what? pass a class or function written in Python, or several")
    bodies = [vars(obj).get("__call__") if body_only and isinstance(obj, type) else None for obj in objects]
    if body_only and not any(bodies):
        raise ValueError(f"{objects[0]!r} has no __call__ of its own to show; leave body_only out")
    figures, texts = zip(*(listing(body or obj) for obj, body in zip(objects, bodies, strict=True)), strict=True)
    return fragment("source", CSS, "".join(figures), "\n\n".join(texts))


def listing(shown: Any) -> tuple[str, str]:
    """One source as a figure, and as text. Raises: ValueError if Python has none for it."""
    try:
        lines, first = inspect.getsourcelines(shown)
        path = Path(inspect.getsourcefile(inspect.unwrap(shown)) or "")  # not the file of a decorator
    except (TypeError, OSError) as error:
        raise ValueError(f"no Python source for {shown!r}; pass a class or function written in Python") from error
    code = textwrap.dedent("".join(lines)).rstrip("\n")
    place = f"{_within_package(path)}, lines {first} to {first + len(lines) - 1}"
    marked = highlight(code, PythonLexer(ensurenl=False, stripnl=False), HtmlFormatter(nowrap=True)).removesuffix("\n")
    marked = re.sub(r'<span class="(?:n|p|o|w|bp)">([^<]*)</span>', r"\1", marked)  # tokens in the colour of the text
    figure = (
        f'<figure><div class="highlight"><pre tabindex="0" aria-label="{attribute(place)}">{marked}</pre></div>'
        f"<figcaption>{escape(place)}</figcaption></figure>"
    )
    return figure, f"{code}\n\n{place}"


def _within_package(path: Path) -> str:
    """The path from the package's folder on, without the machine's part."""
    package = Path(__file__).parents[2]
    return path.relative_to(package.parent).as_posix() if path.is_relative_to(package) else path.name
