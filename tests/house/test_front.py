"""The front page: what it takes from results is what results say, and the first screen holds what a newcomer needs."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from browsing import Visit
from bs4 import BeautifulSoup

from robustlib.figures import paper_beside_ours

ROOT = Path(__file__).resolve().parents[2]
STORED = ROOT / "book" / "front"
AGAIN = "run `python book/front.py`"


@pytest.fixture(scope="module")
def front() -> Iterator[ModuleType]:
    """book/front.py, whose neighbours it imports by name."""
    sys.path.insert(0, str(ROOT / "book"))
    import front

    yield front
    sys.path.remove(str(ROOT / "book"))


def stored(name: str) -> str:
    return (STORED / name).read_text(encoding="utf-8")


def numbers(html: str) -> list[str]:
    """The entries of the table in a piece of a page."""
    return [cell.get_text(" ", strip=True) for cell in BeautifulSoup(html, "html.parser").find_all(["th", "td"])]


def test_cards_and_what_is_missing_are_those_of_today(front: ModuleType) -> None:
    assert stored("cards.md") == front.cards(), AGAIN
    assert stored("missing.md") == front.missing(), AGAIN
    assert sorted(path.name for path in STORED.iterdir()) == sorted(front.PARTS)


def test_the_chart_shows_the_numbers_of_the_rows(front: ModuleType) -> None:
    table, facts = front.headline()
    page = BeautifulSoup(stored("chart.html"), "html.parser")
    assert numbers(str(page.find("table"))) == numbers(paper_beside_ours(table)._repr_html_()), AGAIN
    assert facts in " ".join(page.find("figcaption").get_text(" ", strip=True).split()), AGAIN
    for cell in table.cells:
        assert f"{cell.number()} {cell.interval()}, paper {cell.paper:g}" in page.find("svg")["aria-label"], AGAIN
        assert re.search(rf"{cell.row}: [^.]*(?:0\.\d)?[^.]*n = {cell.n}\b", facts), facts


def test_the_picture_is_a_3_that_the_network_reads_as_an_8(front: ModuleType) -> None:
    for html in (stored("picture.html"), front.picture()._repr_html_()):
        assert [text.strip(" \u00a0✓✗") for text in re.findall(r">(says .*?)<", html)] == ["says 3", "says 8"]
        assert f"L-infinity, eps {front.EPS:g}" in html


def test_every_chapter_has_a_card_and_no_absent_paper_has(front: ModuleType, notebooks: list[str]) -> None:
    assert list(front.FINDINGS) == [name for name in notebooks if name != "book/intro"], "as in _toc.yml"
    there = sum(name.startswith("book/papers/") for name in notebooks if name not in front.SECOND)
    assert set(front.SECOND) <= set(notebooks)
    assert f"the book's {front.COUNTED[there]} papers has a chapter" in front.missing()
    works = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    assert all(f"{{{key}," in works for key in front.ABSENT)


def test_a_chapter_needs_only_chapters_before_it(front: ModuleType, notebooks: list[str]) -> None:
    order = [name for name in notebooks if name != "book/intro"]
    needed = {page: re.findall(r"\((?:\.\./)?(?:\w+/)?(\w+)\.ipynb", front.about(page)["needs"]) for page in order}
    assert sum(map(len, needed.values())) >= 8, "the links to what a chapter needs are found"
    for place, page in enumerate(order):
        before = {name.rsplit("/", 1)[1] for name in order[:place]}
        assert set(needed[page]) <= before, f"{page} needs a chapter that comes later in _toc.yml"


def test_a_chapter_that_does_not_say_how_long_it_takes_is_an_error(
    front: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "words", lambda page: "# A title\n\n*A question?*\n\n> **What you need.** Time.")
    with pytest.raises(ValueError, match="p has no reading"):
        front.about("p")


def test_no_result_is_typed_into_the_page() -> None:
    typed = re.findall(r"\d[\d,.]* ?%|\b0\.\d+", (ROOT / "book" / "intro.md").read_text(encoding="utf-8"))
    assert [number for number in typed if number != "95 %"] == []


@pytest.mark.chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_screen_holds_sentence_picture_chart_and_where_to_start(
    browser: Any, address: str, scheme: str
) -> None:
    screen = {"viewport": {"width": 1280, "height": 800}, "color_scheme": scheme}
    with Visit(browser, f"{address}/book/intro.html", **screen) as visit:
        for part in ("p:has-text('rebuilds papers')", ".rl-triptych .rl-pic >> nth=2", ".rl-picture svg"):
            bottom = visit.page.locator(f"article {part}").first.evaluate("e => e.getBoundingClientRect().bottom")
            assert bottom <= 800, part
        for words in ("Start here", "Not there yet"):
            box = visit.page.locator(f"article p:has-text('{words}')").first.bounding_box()
            assert box["y"] + box["height"] <= 800, words
