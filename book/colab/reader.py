"""A chapter's notebook as a reader's: no MyST, no outputs, no cells of the grader; the code is the chapter's."""

import re
from typing import Any

import nbformat

from book.colab.blocks import converted
from book.colab.cited import listed
from book.colab.faults import faults
from book.colab.inline import Prose
from book.colab.online import Online
from book.colab.refused import Refused
from book.colab.tried import imported, tried_by_hand
from book.setup_cell import CELL_ID, setup_cell

METADATA = {
    "accelerator": "GPU",
    "colab": {"provenance": [], "gpuType": "T4", "toc_visible": True},
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
KEPT = ("cellView", "jupyter", "tags")
HIDDEN = {"remove-cell", "exercise-control", "exercise-hidden"}
MARKS = re.compile(r"^# (?:BEGIN|END) SOLUTION.*\n+|[ \t]*# IGNORE[ \t]*$", re.MULTILINE)
SOLUTION = "# @title A solution\n"


def reader_notebook(source: Any, page: str, online: Online, install: str | None = None) -> Any:
    """The notebook of a chapter for a reader who has nothing but it. `install` is what its setup cell gives to pip.

    Raises: Refused, which names the cell, for a stored error, and for anything that would be shown raw.
    """
    prose = Prose(page, online)
    cells, modules = [], imported(source.cells)
    for cell in source.cells:
        try:
            cells += reader_cells(cell, prose)
            cells += tried_by_hand(cell, modules) if cell.cell_type == "code" else []
        except Refused as refused:
            raise Refused(f"{page}, cell {cell.id}: {refused}") from None
    at = next((i for i, cell in enumerate(cells) if cell.id == CELL_ID), None)
    if at is None:
        raise Refused(f"{page} has no setup cell: run `make setup-cell`")
    cells[at] = setup_cell(page, source.cells, install)
    cells.insert(at, markdown("about", origin(prose)))
    if prose.keys:
        entries = "\n".join(f"- {entry}" for entry in listed(prose.keys))
        cells.append(markdown("references", f"## References\n\n{entries}"))
    made = nbformat.v4.new_notebook(cells=cells, metadata=METADATA)
    nbformat.validate(made)
    if found := faults(made):
        raise Refused(f"{page}: " + "; ".join(found))
    return made


def reader_cells(cell: Any, prose: Prose) -> list[Any]:
    """What becomes of one cell: nothing, or itself as a reader sees it, without outputs."""
    tags = set(cell.metadata.get("tags", ()))
    if cell.cell_type == "code":
        stored = [output for output in cell.outputs if output.output_type == "error"]
        if stored and "raises-exception" not in tags:
            first = cell.source.strip().splitlines()[0]
            raise Refused(f"a stored error, {stored[0].ename}: {stored[0].evalue}, of `{first}`: run `make notebooks`")
    if cell.cell_type == "raw" or tags & HIDDEN:
        return []
    if cell.cell_type == "markdown":
        if cell.get("attachments"):
            raise Refused("an attachment: make it a file under book/, and link to it")
        text = converted(cell.source, prose)
        return [markdown(cell.id, text)] if text.strip() else []
    source = cell.source
    if "exercise-solution" in tags or "break-it-solution" in tags:
        source = SOLUTION + MARKS.sub("", source).strip("\n")
    kept = {key: cell.metadata[key] for key in KEPT if key in cell.metadata}
    code = nbformat.v4.new_code_cell(source, metadata=kept)
    code.id = cell.id
    return [code]


def origin(prose: Prose) -> str:
    """Where this notebook comes from, and what is different here."""
    title = f"*{prose.converted(prose.online.titles[prose.page])}*"
    address = prose.online.address(prose.page)
    return (
        f"This notebook is the chapter {f'[{title}]({address})' if address else title} of an online book, without the "
        "results that its page shows: run the cells from the top. A cell whose code is folded makes a figure, a table "
        "or a sentence."
    )


def markdown(name: str, text: str) -> Any:
    """A Markdown cell with a name."""
    cell = nbformat.v4.new_markdown_cell(text)
    cell.id = name
    return cell
