"""Readers' notebooks: nothing raw, nothing relative, no output, the chapter's own code; and what is refused."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup

from book.colab import reader
from book.colab.faults import faults
from book.colab.online import online

ROOT = Path(__file__).resolve().parents[2]
BASE = "https://book.example.org/v1"
NOWHERE, SOMEWHERE = replace(online(), base=""), replace(online(), base=BASE)
PAGE = "book/papers/dundi"
NOT_PROSE = re.compile(r"^(`{3,}|~{3,}).*?^\1\s*$|`[^`]*`|\$\$.*?\$\$|\$[^$]+\$", re.MULTILINE | re.DOTALL)
RAW = re.compile(r"\{[a-z:-]+\}`|^\s*:::|```\{|~~~\{|\{\{|^\([\w-]+\)=|\$\$ *\([\w-]+\)|^\+\+\+|^%|\]\{", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)")


def chapter(name: str) -> Any:
    return nbformat.read(ROOT / f"{name}.ipynb", as_version=4)


@pytest.fixture(scope="module", params=[NOWHERE, SOMEWHERE], ids=["unpublished", "published"])
def made(request: pytest.FixtureRequest, notebooks: list[str]) -> dict[str, Any]:
    """Every chapter for readers, while the book has no address and when it has one."""
    return {name: reader.reader_notebook(chapter(name), name, request.param) for name in notebooks}


def test_nothing_is_raw_relative_or_stored(made: dict[str, Any]) -> None:
    links = 0
    for name, notebook in made.items():
        nbformat.validate(notebook)
        assert not faults(notebook), name
        for cell in notebook.cells:
            assert cell.cell_type != "raw" and not cell.get("outputs") and not cell.get("execution_count"), name
            if cell.cell_type == "markdown":
                without_code = re.sub(r"^(`{3,}).*?^\1\s*$", "", cell.source, flags=re.MULTILINE | re.DOTALL)
                assert not RAW.search(re.sub(r"(?<!\})`[^`\n]+`", "", without_code)), (name, cell.id)
                found = LINK.findall(NOT_PROSE.sub("", cell.source))
                assert all(target.startswith("https://") for target in found), (name, cell.id, found)
                links += len(found)
    assert links > 20


def test_the_code_is_the_chapters(made: dict[str, Any]) -> None:
    for name, notebook in made.items():
        source, hidden = chapter(name), reader.HIDDEN
        theirs = [c for c in source.cells if c.cell_type == "code" and not hidden & set(c.metadata.get("tags", ()))]
        ours = [c for c in notebook.cells if c.cell_type == "code" and not c.id.endswith("-try")]
        assert [c.id for c in ours] == [c.id for c in theirs], name
        for cell, chapters in zip(ours, theirs, strict=True):
            if "exercise-solution" in cell.metadata.get("tags", ()) or cell.source.startswith(reader.SOLUTION):
                lines = [x for x in chapters.source.splitlines() if not re.match(r"# (BEGIN|END) SOLUTION", x)]
                wanted = [line.removesuffix("  # IGNORE") for line in lines if line.strip()]
                assert cell.metadata["cellView"] == "form" and cell.source.startswith("# @title A solution\n")
                assert [x for x in cell.source.splitlines()[1:] if x.strip()] == wanted, (name, cell.id)
            else:
                assert cell.source == chapters.source, (name, cell.id)


def test_it_opens_with_a_gpu_and_starts_with_the_chapter(made: dict[str, Any]) -> None:
    for name, notebook in made.items():
        assert notebook.metadata["accelerator"] == "GPU" and "widgets" not in notebook.metadata
        assert notebook.cells[0].source.startswith("# "), name
        ids = [cell.id for cell in notebook.cells]
        assert len(set(ids)) == len(ids) and ids.index("setup") == ids.index("about") + 1


def test_every_link_into_the_book_and_every_formula_s_number_is_on_the_page(site, notebooks: list[str]) -> None:
    read: dict[str, set[str]] = {}  # the places of each page
    followed = 0
    for name in notebooks:
        notebook = reader.reader_notebook(chapter(name), name, SOMEWHERE)
        words = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        for target in re.findall(rf"\]\({BASE}/([^)]+)\)", words):
            page, _, place = target.partition("#")
            if page not in read:
                read[page] = set(re.findall(r'\bid="([^"]+)"', (site.html / page).read_text(encoding="utf-8")))
            assert not place or place in read[page], (name, target)
            followed += 1
        html = BeautifulSoup(site.page(name).read_text(encoding="utf-8"), "html.parser")
        shown = [number.get_text().strip("()# \n") for number in html.select(".eqno")]
        assert re.findall(r"\\tag\{([\d.]+)\}", words) == [re.sub(r"[^\d.]", "", n) for n in shown], name
    assert followed > 100
