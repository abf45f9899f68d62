"""The book's pages as a notebook elsewhere reaches them: addresses, titles, numbers."""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import yaml

from book.colab.refused import Refused
from book.setup_cell import ROOT, pages

TITLE = re.compile(r"^# +(.+?)\s*$", re.MULTILINE)
LABEL = re.compile(r"\$\$\s*\(([\w-]+)\)")


@dataclass(frozen=True)
class Online:
    """The pages of `_toc.yml`, under an address; while that is empty, links lose their address and keep their words."""

    base: str  # html_baseurl of _config.yml
    titles: Mapping[str, str]  # by page
    numbers: Mapping[str, int]  # of chapters, by page
    equations: Mapping[str, str]  # "4.1" by label

    def page(self, target: str, of: str) -> tuple[str, str]:
        """The page that a relative link on another page names, and the place on it.

        Raises: Refused if there is no such page.
        """
        path, _, place = target.partition("#")
        page = (
            posixpath.normpath(posixpath.join(posixpath.dirname(of), re.sub(r"\.(ipynb|md)$", "", path)))
            if path
            else of
        )
        if page not in self.titles:
            raise Refused(f"the link to {target!r} leads to no page of _toc.yml")
        return page, place

    def address(self, page: str, place: str = "") -> str:
        """Where a page stands on the web; nothing while it stands nowhere."""
        return self.base and f"{self.base.rstrip('/')}/{page}.html" + (f"#{place}" if place else "")

    def link(self, words: str, page: str, place: str = "") -> str:
        """Words that lead to a page, or while it has no address, words that say that it is a page of the book."""
        address = self.address(page, place)
        if address:
            return f"[{words}]({address})"
        return words if place else f"{words} (in the online book)"

    def image(self, path: str, of: str) -> str:
        """Where an image of the book stands on the web; nothing while it stands nowhere.

        Raises: Refused if the image is not there.
        """
        inside = posixpath.normpath(posixpath.join(posixpath.dirname(of), path))
        if not (ROOT / inside).is_file():
            raise Refused(f"the image {path!r} is not there")
        return self.base and f"{self.base.rstrip('/')}/_images/{posixpath.basename(inside)}"


@cache
def online() -> Online:
    """The book as it stands in the working tree."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    base = str(config["sphinx"]["config"]["html_baseurl"] or "")
    texts = {page: words(page) for page in pages()}
    titles = {page: found[1] if (found := TITLE.search(text)) else page for page, text in texts.items()}
    numbers = {page: i for i, page in enumerate(numbered(yaml.safe_load((ROOT / "_toc.yml").read_text())), 1)}
    equations = {
        label: f"{numbers[page]}.{i}" for page in numbers for i, label in enumerate(LABEL.findall(texts[page]), 1)
    }
    return Online(base, titles, numbers, equations)


def numbered(toc: Any) -> list[str]:
    """The pages that have a chapter's number, in order."""
    parts = [part for part in toc["parts"] if part.get("numbered", toc.get("defaults", {}).get("numbered", False))]
    return [chapter["file"] for part in parts for chapter in part["chapters"]]


def words(page: str) -> str:
    """The Markdown of a page."""
    path = ROOT / f"{page}.ipynb"
    if not path.is_file():
        return Path(ROOT / f"{page}.md").read_text(encoding="utf-8")
    cells = nbformat.read(path, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
