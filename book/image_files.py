"""A Sphinx extension: a large picture of an output becomes a file beside the page, which then loads it when it is seen.

In a notebook the picture stands inside the output, so that it reads everywhere; on a page that would be a third more
bytes, all of them before the first word is laid out.
"""

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

PICTURE = re.compile(r"data:image/(webp|png);base64,([A-Za-z0-9+/=]+)")
LEAST = 4_000  # characters; less stays where it is


def as_files(body: str, folder: Path, there: str) -> str:
    """The body with its large pictures written to the folder, which the page calls `there`."""

    def kept(found: re.Match[str]) -> str:
        kind, text = found.groups()
        if len(text) < LEAST:
            return found[0]
        content = base64.b64decode(text)
        name = f"{hashlib.sha256(content).hexdigest()[:16]}.{kind}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        return f"{there}/{name}"

    return PICTURE.sub(kept, body)


def move(app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Before a page is written."""
    if "body" in context:
        folder = Path(app.outdir) / "_images"
        context["body"] = as_files(context["body"], folder, context["pathto"]("_images", 1))


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("html-page-context", move)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
