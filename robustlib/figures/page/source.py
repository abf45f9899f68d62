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


def show(obj: type | Callable[..., Any], *, body_only: bool = False) -> Fragment:
    """The current source of a class or function, whole, with file and lines; `body_only`: a class's `__call__` alone.

    Raises: ValueError if Python has no source for it, or `body_only` is asked of what has no `__call__` of its own.
    """
    target: Any = obj
    if body_only:
        target = vars(obj).get("__call__") if isinstance(obj, type) else None
        if target is None:
            raise ValueError(f"{obj!r} has no __call__ of its own to show; leave body_only out")
    try:
        lines, first = inspect.getsourcelines(target)
        path = Path(inspect.getsourcefile(target) or "")
    except (TypeError, OSError) as error:
        raise ValueError(f"no Python source for {obj!r}; pass a class or function written in Python") from error
    code = textwrap.dedent("".join(lines)).rstrip("\n")
    place = f"{_within_package(path)}, lines {first} to {first + len(lines) - 1}"
    marked = highlight(code, PythonLexer(ensurenl=False, stripnl=False), HtmlFormatter(nowrap=True)).removesuffix("\n")
    marked = re.sub(r'<span class="(?:n|p|o|w|bp)">([^<]*)</span>', r"\1", marked)  # tokens in the colour of the text
    body = (
        f'<figure><div class="highlight"><pre tabindex="0" aria-label="{attribute(place)}">{marked}</pre></div>'
        f"<figcaption>{escape(place)}</figcaption></figure>"
    )
    return fragment("source", CSS, body, f"{code}\n\n{place}")


def _within_package(path: Path) -> str:
    """The path from the package's folder on, without the machine's part."""
    package = Path(__file__).parents[2]
    return path.relative_to(package.parent).as_posix() if path.is_relative_to(package) else path.name
