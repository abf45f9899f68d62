"""A Sphinx extension: what a page says of itself to search engines and where a link to it is shared.

A chapter's description is its question, the first paragraph set whole in italics; another page's is its first
paragraph. The addresses of page and picture need the site's own address, `html_baseurl` in `_config.yml`: as long as
there is none, no canonical and no og:url is written.
"""

from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

LONGEST = 200  # characters of a description
PICTURE = "_static/card.png"
PICTURE_SAYS = "A handwritten 3, the change times five, and the attacked 3, which the network reads as an 8"


def description(doctree: nodes.document) -> str:
    """The question of a chapter, else the first paragraph, cut after a word."""
    paragraphs = [p for p in doctree.findall(nodes.paragraph) if not isinstance(p.parent, nodes.list_item)]
    questions = [p for p in paragraphs if len(p.children) == 1 and isinstance(p.children[0], nodes.emphasis)]
    text = " ".join(next(iter([*questions[:1], *paragraphs[:1]]), nodes.paragraph()).astext().split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rsplit(" ", 1)[0].rstrip(",;:") + " …"


def tags(title: str, said: str, address: str, site: str, name: str) -> str:
    """The tags of one page. `address`: the page's own, `site`: where the pages stand; "" where there is none."""
    found = [("name", "description", said), ("property", "og:type", "article"), ("property", "og:site_name", name)]
    found += [("property", "og:title", title), ("property", "og:description", said)]
    if address:
        found += [("property", "og:url", address), ("property", "og:image", f"{site.rstrip('/')}/{PICTURE}")]
        found += [("property", "og:image:alt", PICTURE_SAYS)]
    return "".join(f'<meta {kind}="{key}" content="{escape(value)}" />\n' for kind, key, value in found if value)


def write(app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Before a page is written."""
    if doctree is None:
        return
    title = app.env.titles[name].astext()
    site = app.config.html_baseurl
    added = tags(title, description(doctree), context.get("pageurl") or "", site, "robustlib")
    context["metatags"] = context.get("metatags", "") + added


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("html-page-context", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
