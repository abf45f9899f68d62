"""A Sphinx extension: markup of the builder's that a screen reader misreads, mended before a page is written."""

from typing import Any

from sphinx.application import Sphinx

MENDED = (
    # docutils calls the references a list and its entries no list items: an empty list.
    ('<div role="list" class="citation-list">', '<div class="citation-list">'),
    (' role="doc-biblioentry"', ""),
    # A fold's name is the words that it shows, "Show code cell source", and not this.
    ('<summary aria-label="Toggle hidden content">', "<summary>"),
)


def mend(app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Before a page is written."""
    for old, new in MENDED:
        context["body"] = context.get("body", "").replace(old, new)


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("html-page-context", mend)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
