"""The scorecard of the stored results: every value has a verdict, and every link arrives at a heading."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from robustlib import chapters as chapters
from robustlib.chapters.scorecard import links
from robustlib.chapters.scorecard.claims import CLAIMS

PAPERS = Path(__file__).resolve().parents[3] / "book" / "papers"


# In a process of its own, without the shape checker: it reads every stored result.
CODE = """
import robustlib.chapters
from collections import Counter
from robustlib.chapters.scorecard import readings, tables
from robustlib.chapters.scorecard.claims import CLAIMS, decided
from robustlib.chapters.scorecard.values import every
from robustlib.chapters.scorecard.verdict import COMPARED, NOT_ATTEMPTED, VERDICTS

found = readings.all_judged()
assert [j.value for j in found] == list(every()), "each once, in order"
assert {j.verdict for j in found} <= set(VERDICTS) and NOT_ATTEMPTED in {j.verdict for j in found}
assert all(j.ours is not None for j in found if j.verdict in COMPARED)
assert all(j.why for j in found if j.verdict not in COMPARED)
assert Counter(d.verdict for d in decided()).total() == len(CLAIMS)
listed = sum(len(table.rows) for table in tables.every_value().values())
assert listed + sum(row[2].count(" ") + 1 for row in tables.curves().rows) == len(found)
images, first, second = readings.otherwise_read()
assert images > 0 and max(first, second) <= images
"""


@pytest.mark.slow
def test_every_value_and_every_claim_has_one_verdict():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, cwd=PAPERS.parents[1])
    assert done.returncode == 0, done.stderr[-2000:]


def headings(page: str) -> set[str]:
    """The anchors of a chapter, as Sphinx makes them of its headings."""
    source = nbformat.read(PAPERS / page.replace(".html", ".ipynb"), as_version=4)
    text = "\n".join(cell.source for cell in source.cells if cell.cell_type == "markdown")
    titles = [re.sub(r"\$[^$]*\$|[*`]", "", title) for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)]
    return {anchor(title) for title in titles}


def anchor(title: str) -> str:
    """A heading as an anchor: small letters, and one hyphen for what is none."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def test_every_link_leads_to_a_heading_of_the_chapter():
    wanted = {*links.TABLES.values(), *(claim.link for claim in CLAIMS)}
    there: dict[str, set[str]] = {}
    for page, heading in (link.split("#") for link in wanted):
        there.setdefault(page, headings(page))
        assert heading in there[page], f"{page} has no {heading}; it has {sorted(there[page])}"
