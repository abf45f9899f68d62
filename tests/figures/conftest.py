"""What the tests of this room share: the drawings behind the pictures, and pages in a browser."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from robustlib.figures.page.picture import Picture
from robustlib.figures.plots import canvas

PHONE = {"width": 390, "height": 800}


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The matplotlib figures that become pictures during a test, in whichever file of the room."""
    kept: list[Figure] = []
    whole = canvas.figure

    def keep(drawn: Figure, **words: Any) -> Picture:
        kept.append(drawn)
        return whole(drawn, **words)

    for name, module in list(sys.modules.items()):
        if name.startswith("robustlib.figures.") and getattr(module, "figure", None) is whole:
            monkeypatch.setattr(module, "figure", keep)
    return kept


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """HTML as a page of its own, on a phone; whatever a script of it complains about fails the test."""
    contexts, complaints = [], []

    def open_page(html: str, **options: Any) -> Any:
        file = tmp_path / f"page{len(contexts)}.html"
        file.write_text(f"<!doctype html><meta charset=utf-8><body>{html}", encoding="utf-8")
        contexts.append(browser.new_context(**{"viewport": PHONE, **options}))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints
