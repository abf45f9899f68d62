"""The checklist leads somewhere: every line of the list once, and every address to a heading that there is."""

import json
import re
from pathlib import Path

from robustlib import chapters as chapters  # they join the registry
from robustlib.chapters.judging_a_defence.checklist_tables import DONE, links, where_it_is_done
from robustlib.chapters.madnet.checklist import ASKED

PAGES = Path(__file__).parents[3] / "book" / "foundations"


def anchors(page):
    """The addresses that the book's builder gives to the headings of a notebook."""
    notebook = json.loads((PAGES / (page.replace(".html", ".ipynb") or "judging_a_defence.ipynb")).read_text())
    lines = [
        line for c in notebook["cells"] if c["cell_type"] == "markdown" for line in "".join(c["source"]).split("\n")
    ]
    headings = [line.lstrip("# ") for line in lines if re.match("#+ ", line)]
    return {re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-") for heading in headings}


def test_every_line_of_the_list_is_there_in_its_order():
    table = where_it_is_done()
    assert [row[:2] for row in table.rows] == [(f"{i}", line) for i, (line, *_) in enumerate(ASKED, 1)]
    assert len(table.rows) == 27
    assert len({said for said, _, _ in DONE}) == 27 == len(links())


def test_every_address_has_its_heading():
    for said, page, heading in DONE:
        assert heading in anchors(page), f"{said}: {page or 'this page'} has no heading {heading}"
        assert said.startswith("above: ") == (page == ""), said
    assert links()["above: threat models"] == "#threat-models"
