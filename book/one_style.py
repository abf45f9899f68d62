"""A Sphinx extension: a style that several outputs of a page carry stands in the page once.

An output of the library brings its own style along, so that it also reads in a notebook, on Colab and in an iframe.
Of a listing only the words that have a colour of their own keep their mark-up: a tenth of a chapter's size.
"""

import re
from typing import Any

from sphinx.application import Sphinx

PLAIN = re.compile(r'<span class="(?:n|p|w|nn)">([^<]*)</span>')  # names, punctuation: in the colour of the listing
STYLE = re.compile(r"<style>\.rl\{.*?</style>", re.DOTALL)  # as robustlib.figures.fragment writes it


def once(body: str) -> str:
    """The page's body without the copies of a style that it has had already."""
    seen: set[str] = set()

    def kept(found: re.Match[str]) -> str:
        style = found[0]
        if style in seen:
            return ""
        seen.add(style)
        return style

    return STYLE.sub(kept, body)


def shorten(app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Before a page is written."""
    if "body" in context:
        context["body"] = PLAIN.sub(r"\1", once(context["body"]))


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("html-page-context", shorten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
