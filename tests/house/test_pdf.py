"""The book as one PDF."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def pdf() -> Any:
    spec = importlib.util.spec_from_file_location("pdf", ROOT / "book" / "pdf.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_links_stay_inside_the_page_or_go(pdf: Any) -> None:
    page = (
        '<link href="a.css"><p id="one">x</p><p id="id1"></p><p id="id1"></p>'
        '<a class="x" href="../b/c.html#one">in</a> <a href="#one">in</a> <a href="c.html#id1">twice</a> '
        '<a href="c.html">page</a> <a href="https://example.org/a#one">out</a>'
    )
    assert pdf.linked_within(page) == (
        '<link href="a.css"><p id="one">x</p><p id="id1"></p><p id="id1"></p>'
        '<a class="x" href="#one">in</a> <a href="#one">in</a> <a>twice</a> '
        '<a>page</a> <a href="https://example.org/a#one">out</a>'
    )


@pytest.mark.ci
@pytest.mark.chromium
def test_whole_book_is_printed(pdf: Any, tmp_path: Path) -> None:
    """Chromium's PDFs keep their page objects and the outline's titles readable."""
    out = tmp_path / "book.pdf"
    pdf.printed(pdf.all_chapters(tmp_path), out)
    content = out.read_bytes()
    assert content.startswith(b"%PDF") and len(re.findall(rb"/Type /Page\b", content)) > 100
    assert content.count(b"/Dest") > 100 and b"/Outlines" in content
