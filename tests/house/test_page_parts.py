"""What surrounds the words of a page: scripts only where they are used, icons, a description, labels of references."""

import base64
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from pybtex.database import Entry, Person

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def extensions() -> Iterator[Any]:
    """The modules of book/, as Sphinx imports them."""
    sys.path.insert(0, str(ROOT / "book"))
    import citations
    import icons
    import image_files
    import page_head
    import page_scripts

    yield SimpleNamespace(head=page_head, scripts=page_scripts, icons=icons, citations=citations, files=image_files)
    sys.path.remove(str(ROOT / "book"))


@pytest.fixture(scope="module")
def soups(site: Any, pages: list[str]) -> dict[str, BeautifulSoup]:
    return {name: BeautifulSoup(site.page(name).read_text(encoding="utf-8"), "html.parser") for name in pages}


def loaded(page: BeautifulSoup) -> str:
    return " ".join(script["src"] for script in page.find_all("script", src=True))


def test_a_page_loads_a_script_only_where_something_uses_it(soups: dict[str, BeautifulSoup], site: Any) -> None:
    seen = set()
    for name, page in soups.items():
        article = page.find("article")
        for script, used in (
            ("mathjax/", bool(article.select(".math"))),
            ("copybutton.js", bool(article.select(".highlight"))),
            ("togglebutton.js", bool(article.select(".toggle, .admonition.dropdown"))),
            ("design-tabs.js", bool(article.select(".sd-tab-set"))),
            ("searchindex.js", False),
            ("fontawesome.js", False),
        ):
            assert (script in loaded(page)) == used, (name, script)
            seen.add((script, used))
    assert {("mathjax/", True), ("mathjax/", False), ("copybutton.js", True), ("copybutton.js", False)} <= seen
    search = BeautifulSoup(site.page("search").read_text(encoding="utf-8"), "html.parser")
    assert "searchindex.js" in loaded(search) and "searchtools.js" in loaded(search)


def test_only_words_with_a_colour_of_their_own_are_marked_in_listings(
    soups: dict[str, BeautifulSoup], site: Any
) -> None:
    sheet = (site.html / "_static" / "pygments.css").read_text(encoding="utf-8")
    for theme in ("light", "dark"):
        plain = re.search(rf'html\[data-theme="{theme}"\] \.highlight \{{[^}}]*?[; {{]color: (#\w+)', sheet)[1]
        for kind in ("n", "p", "w", "nn"):
            assert f'html[data-theme="{theme}"] .highlight .{kind} {{ color: {plain} }}' in sheet, (theme, kind)
    spans = [span["class"][0] for page in soups.values() for span in page.select(".highlight span[class]")]
    assert {"k", "s2"} <= set(spans) and not {"n", "p", "w", "nn"} & set(spans)


def test_a_large_picture_becomes_a_file_once(extensions: Any, tmp_path: Path) -> None:
    large, small = (base64.b64encode(bytes(n)).decode() for n in (6000, 60))
    body = f'<i style="--s:url(data:image/webp;base64,{large})"></i><img src="data:image/png;base64,{small}">'
    moved = extensions.files.as_files(body * 2, tmp_path / "made", "../_images")
    (file,) = (tmp_path / "made").iterdir()
    assert file.read_bytes() == bytes(6000) and file.suffix == ".webp"
    assert moved == 2 * body.replace(f"data:image/webp;base64,{large}", f"../_images/{file.name}")


def test_every_icon_of_the_pages_is_in_the_small_fonts(soups: dict[str, BeautifulSoup], extensions: Any) -> None:
    wanted = {
        word.removeprefix("fa-")
        for page in soups.values()
        for icon in page.select('[class*="fa-"]')
        for word in icon["class"]
        if word.startswith("fa-")
    } - {"fa", "solid", "brands", "regular", "lg"}
    kept = " ".join(extensions.icons.FONTS.values()).split()
    assert wanted and wanted <= set(kept), "add it to book/icons.py and run it"
    assert all(name in extensions.icons.codes() for name in kept)
    sizes = [path.stat().st_size for path in (ROOT / "book" / "assets" / "icons").glob("*.woff")]
    assert len(sizes) == 2 and sum(sizes) < 10_000


def test_the_description_of_a_chapter_is_its_question(soups: dict[str, BeautifulSoup], notebooks: list[str]) -> None:
    for name, page in soups.items():
        tags = {tag.get("name") or tag.get("property"): tag["content"] for tag in page.find_all("meta", content=True)}
        assert 20 < len(tags["description"]) <= 200, name
        assert tags["og:description"] == tags["description"]
        assert tags["og:title"] == page.find("h1").find(string=True).strip() or tags["og:title"] in page.h1.get_text()
        if name in notebooks:
            first = nbformat.read(ROOT / f"{name}.ipynb", as_version=4).cells[0].source
            assert tags["description"] == re.search(r"^\*([^*].+)\*$", first, re.MULTILINE)[1]


def test_addresses_follow_from_one_value_of_the_configuration(soups: dict[str, BeautifulSoup], extensions: Any) -> None:
    site = re.search(r'html_baseurl: "([^"]*)"', (ROOT / "_config.yml").read_text(encoding="utf-8"))[1]
    for page in soups.values():
        links = page.find_all("link", rel="canonical") + page.find_all("meta", property="og:url")
        assert len(links) == (2 if site else 0)
    found = extensions.head.tags('A "B"', "C?", "https://x.org/book/a.html", "https://x.org/", "robustlib")
    assert '<meta property="og:url" content="https://x.org/book/a.html" />' in found
    assert '<meta property="og:image" content="https://x.org/_static/card.png" />' in found
    assert 'content="A &quot;B&quot;"' in found
    assert "og:url" not in extensions.head.tags("A", "B", "", "", "robustlib")
    assert (ROOT / "book" / "assets" / "card.png").is_file()


def test_a_long_description_is_cut_after_a_word(extensions: Any) -> None:
    page = nodes.document(None, None)
    assert extensions.head.description(page) == ""
    page += nodes.paragraph("", "", nodes.Text("word " * 100))
    assert re.fullmatch(r"(word )+…", extensions.head.description(page))
    assert len(extensions.head.description(page)) <= 200
    page += nodes.paragraph("", "", nodes.emphasis("", "A question?"))
    assert extensions.head.description(page) == "A question?"


def test_references_are_labelled_as_the_text_cites_them(soups: dict[str, BeautifulSoup]) -> None:
    entries = soups["book/bibliography"].select(".citation")
    labels = {entry["id"]: entry.select_one(".label").get_text(" ", strip=True).strip("[] ") for entry in entries}
    assert len(set(labels.values())) == len(labels) > 20
    cited = 0
    for name, page in soups.items():
        for link in page.select('.bibtex-citation a[href*="bibliography.html#"], a[href^="#id"].bibtex-citation'):
            said, label = " ".join(link.get_text().split()), labels[link["href"].split("#")[1]]
            whole = said if re.search(r"[a-z]", said[:-1]) else f"{before(link)}, {said}"
            assert whole == label, (name, whole, label)
            cited += 1
    assert cited > 40


def before(link: Any) -> str:
    """The names in front of a year that stands alone in brackets: "Cui et al. [2019]"."""
    said = " ".join(link.parent.get_text().split())
    return said[: said.index("[")].strip()


def test_labels_of_one_two_and_more_authors(extensions: Any) -> None:
    def entry(*names: str) -> Any:
        return Entry("misc", fields={"year": "2019a"}, persons={"author": [Person(name) for name in names]})

    found = list(
        extensions.citations.AuthorYearLabels().format_labels(
            [entry("Moritz A"), entry("A", "Ann van B"), entry(r"Tram{\`e}r", "B", "C")]
        )
    )
    assert found == ["A, 2019a", "A and van B, 2019a", "Tramèr et al., 2019a"]


def test_no_page_shows_the_marks_of_a_grader(soups: dict[str, BeautifulSoup]) -> None:
    solutions = 0
    for name, page in soups.items():
        text = page.find("article").get_text()
        assert "SOLUTION" not in text and "# IGNORE" not in text, name
        solutions += len(re.findall(r"strict=True\)", text))
    assert solutions >= 15, "the solutions' own checks are still there"
