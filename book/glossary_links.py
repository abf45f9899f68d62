"""A Sphinx extension: a plain Markdown link reaches a word of the glossary, `[margin](../glossary.md#term-margin)`.

The role `{term}` would do the same on these pages and stand as raw text in a notebook on Colab.
"""

from docutils import nodes
from sphinx.application import Sphinx


def add_targets(app: Sphinx, doctree: nodes.document) -> None:
    """After a page is read: each of its terms is a place that a link may name."""
    slugs = app.env.metadata[app.env.docname].setdefault("myst_slugs", {})
    for term in doctree.findall(nodes.term):
        for name in term["ids"]:
            slugs.setdefault(name, (term.line, name, term.astext()))


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("doctree-read", add_targets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
