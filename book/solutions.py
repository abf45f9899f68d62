"""A Sphinx extension: the marks by which a grader finds a solution stand in the notebook, and on no page."""

import re
from typing import Any

from sphinx.application import Sphinx

LINE = re.compile(r'<span class="c1"># (?:BEGIN|END) SOLUTION[^<]*</span>\n+')
END = re.compile(r'[ \t]*<span class="c1"># IGNORE</span>')


def unmarked(body: str) -> str:
    """The page's body without those comments; what stood before and after the solution stays apart."""
    return END.sub("", LINE.sub("", body))


def clean(app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Before a page is written."""
    if "body" in context:
        context["body"] = unmarked(context["body"])


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("html-page-context", clean)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
