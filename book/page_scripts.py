"""A Sphinx extension: a page loads a script only where something on the page uses it."""

import re
from typing import Any

from sphinx.application import Sphinx

# A script, and the sign in a page's body that it has work there. Scripts that are not named here stay.
USED_BY = {
    "copybutton": re.compile(r'class="[^"]*\bhighlight\b'),
    "clipboard": re.compile(r'class="[^"]*\bhighlight\b'),
    "togglebutton": re.compile(r'class="[^"]*\b(toggle|dropdown)\b'),
    "design-tabs": re.compile(r'class="[^"]*\bsd-tab-set\b'),
    "mathjax": re.compile(r'class="[^"]*\bmath\b'),
    "run_cell": re.compile(r'class="[^"]*\brl-run\b'),
}
INLINE = {"togglebutton": re.compile(r"toggle(Hint|OpenOnPrint|buttonSelector)"), "mathjax": re.compile(r"MathJax")}


def wanted(script: Any, body: str) -> bool:
    """Whether the page has work for a script (a file, or code that stands in the page)."""
    file, code = str(getattr(script, "filename", script) or ""), getattr(script, "attributes", {}).get("body") or ""
    for name, sign in USED_BY.items():
        if f"{name}." in file or f"/{name}/" in file or (name in INLINE and INLINE[name].search(code)):
            return bool(sign.search(body))
    return True


def drop(app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Before a page is written."""
    if "script_files" in context:
        body = context.get("body", "")
        context["script_files"] = [script for script in context["script_files"] if wanted(script, body)]


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls; after all others have added theirs."""
    app.connect("html-page-context", drop, priority=999)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
