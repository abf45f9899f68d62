"""What a reader of a converted notebook would see raw, or miss; read anew by the parser, not by who converted it."""

import re
from collections.abc import Iterator
from typing import Any

from book.colab.blocks import parser
from book.colab.inline import ELSEWHERE

RAW = {
    "myst_role": "a role",
    "myst_target": "a label",
    "myst_line_comment": "a comment",
    "myst_block_break": "a block break",
    "math_block_label": "a formula with a label",
    "substitution_inline": "a substitution",
    "substitution_block": "a substitution",
    "colon_fence": "a directive",
    "dl_open": "a list of definitions",
}
IN_HTML = re.compile(r"<(?:img|a)\b[^>]*?(?:src|href)=[\"']([^\"']*)", re.IGNORECASE)


def faults(notebook: Any) -> list[str]:
    """Every fault of a converted notebook, with its cell."""
    return [f"cell {cell.id}: {fault}" for cell in notebook.cells for fault in of_cell(cell)]


def of_cell(cell: Any) -> Iterator[str]:
    """The faults of one cell."""
    if cell.cell_type == "raw":
        yield "a raw cell"
    elif cell.cell_type == "code":
        if cell.outputs or cell.execution_count is not None:
            yield "an output"
        if {"remove-cell", "exercise-hidden"} & set(cell.metadata.get("tags", ())):
            yield "a cell that no page shows"
    else:
        if cell.get("attachments"):
            yield "an attachment"
        for token in parser().parse(cell.source):
            yield from of_token(token)


def of_token(token: Any) -> Iterator[str]:
    """The faults of a piece of Markdown and of what it holds."""
    if token.type in RAW:
        yield f"{RAW[token.type]}: {token.content or token.info}"
    if token.type == "fence" and token.info.startswith("{"):
        yield f"a directive: {token.info}"
    if token.type == "link_open" and not ELSEWHERE.match(target := str(token.attrGet("href"))):
        yield f"a relative link: {target}"
    if token.type == "image":
        if not ELSEWHERE.match(target := str(token.attrGet("src"))):
            yield f"a relative image: {target}"
        if not token.content.strip():
            yield f"an image without words: {target}"
    if token.type in ("html_block", "html_inline"):
        yield from (f"a relative address: {to}" for to in IN_HTML.findall(token.content) if not ELSEWHERE.match(to))
    for inside in token.children or ():
        yield from of_token(inside)
