"""Tables of words: numbers in them stand in columns, what the first column repeats is said once, a long one folds."""

import re
from collections.abc import Mapping
from html import escape
from itertools import groupby

from robustlib.evaluation import TextTable
from robustlib.figures.page.assets import asset
from robustlib.figures.page.fragment import Fragment, attribute, fragment
from robustlib.figures.page.scrolling import pointed, scrolling
from robustlib.figures.page.tables import CSS

NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)( %)?( \[.*\])?")  # "0.115 [100 %]"
ABSENT = ("", "–", "none", "not run")
ORDERED = asset(__name__, "sortable.css") + asset(__name__, "ordered.css")
ORDER = asset(__name__, "sortable_order.js")


def words(table: TextTable, *, fold: str = "", links: Mapping[str, str] | None = None, order: bool = False) -> Fragment:
    """A table of words; the first column names the row, and once where several rows in turn share that name.

    `fold` is the line that a reader opens the table with, for one too long to stand open; in print it is open. An entry
    that `links` names leads to its address. With `order` a click on a column's name orders the rows by it, a second
    click the other way, and brackets stand below their number; without scripts the rows stay as they are.
    Raises: ValueError for a link of no entry, and to order rows of which two in turn share a name.
    """
    links = links or {}
    if unused := sorted(set(links) - {entry for row in table.rows for entry in row[1:]}):
        raise ValueError(f"links lead from entries of the table; none is {unused[0]!r}")
    numeric = [_numeric([row[i] for row in table.rows]) for i in range(len(table.header))]
    places = [_places([row[i] for row in table.rows]) if numeric[i] else 0 for i in range(len(table.header))]
    head = "".join(
        f'<th scope="col"{NUM if number else ""}>{BUTTON.format(escape(name)) if order else escape(name)}</th>'
        for name, number in zip(table.header, numeric, strict=True)
    )
    groups = [(name, list(rows)) for name, rows in groupby(table.rows, key=lambda row: row[0])]
    if order and len(groups) < len(table.rows):
        raise ValueError("rows of one name stand together and cannot be ordered; give each a name of its own")
    bodies = []
    for name, rows in groups:
        span = f'scope="rowgroup" rowspan="{len(rows)}"' if len(rows) > 1 else 'scope="row"'
        heads = [f"<th {span}>{escape(name)}</th>", *[""] * (len(rows) - 1)]
        entries = (
            "".join(_entry(row[j], numeric[j], places[j], links, order) for j in range(1, len(row))) for row in rows
        )
        bodies.append("".join(f"<tr>{head}{cells}</tr>" for head, cells in zip(heads, entries, strict=True)))
    parts = "</tbody><tbody>" if len(groups) < len(table.rows) else ""
    html = scrolling(table.caption, f"<thead><tr>{head}</tr></thead><tbody>{parts.join(bodies)}</tbody>")
    html = f"<details><summary>{escape(fold)}</summary>{html}</details>" if fold else html
    if order:
        return fragment(
            "table rl-sortable rl-ordered", CSS + ORDERED, html, str(table), f' onclick="{attribute(ORDER)}"'
        )
    return fragment("table", CSS, html, str(table))


BUTTON = '<button type="button">{}</button>'
NUM = ' class="rl-num"'


def _numeric(column: list[str]) -> bool:
    """Whether a column holds numbers, and nothing else but words for their absence."""
    return any(map(NUMBER.fullmatch, column)) and all(text in ABSENT or NUMBER.fullmatch(text) for text in column)


def _places(column: list[str]) -> int:
    """The most digits after a point in a column of numbers."""
    return max(len(found[1].partition(".")[2]) for found in map(NUMBER.fullmatch, column) if found)


def _entry(text: str, numeric: bool, places: int, links: Mapping[str, str], below: bool) -> str:
    """One `td`; a number with its unit and what follows it in brackets, or below it, or words, which may be a link."""
    found = NUMBER.fullmatch(text) if numeric else None
    if text in links:
        return f'<td><a href="{attribute(links[text])}">{escape(text)}</a></td>'
    if not found:
        return f"<td{NUM if numeric else ''}>{escape(text)}</td>"
    rest = f"<small>{found[3].strip()}</small>" if below and found[3] else found[3] or ""
    return f"<td{NUM}>{pointed(found[1], places)}{found[2] or ''}{rest}</td>"
