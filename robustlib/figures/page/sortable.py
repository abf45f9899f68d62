"""Long tables of words, folded under their names: the reader filters them by two menus and orders them by a column."""

from collections.abc import Mapping
from html import escape

from robustlib.evaluation import TextTable
from robustlib.figures.page.assets import asset
from robustlib.figures.page.fragment import Fragment, attribute, fragment
from robustlib.figures.page.scrolling import scrolling
from robustlib.figures.page.tables import CSS as TABLE

CSS = TABLE + asset(__name__, "sortable.css")
ORDER, FILTER = asset(__name__, "sortable_order.js"), asset(__name__, "sortable_filter.js")
WITHOUT_SCRIPTS = asset(__name__, "sortable_without_scripts.css")
ALL = "all"


def sortable(
    tables: Mapping[str, TextTable],
    *,
    by: str,  # the column whose words the second menu offers
    named: str,  # what the tables are of, for the first menu: "paper"
    words: Mapping[str, str]
    | None = None,  # name -> the line that a table is opened with; its name where there is none
    links: Mapping[str, str]
    | None = None,  # name of a table, a line break, and an entry of its first column -> address
) -> Fragment:
    """The tables, each folded; two menus leave one table or one word in sight, the names of columns order the rows.

    Works by keyboard. Without scripts the tables fold and unfold, and the menus are not there; in print they are open.
    Raises: ValueError without tables, for one that lacks the column, and for a link of no entry.
    """
    if not tables:
        raise ValueError("there is no table to show")
    if lacking := [name for name, table in tables.items() if by not in table.header]:
        raise ValueError(
            f"the table {lacking[0]!r} has no column {by!r}; it has {', '.join(tables[lacking[0]].header)}"
        )
    there = {f"{name}\n{row[0]}" for name, table in tables.items() for row in table.rows}
    if unused := sorted(set(links or {}) - there):
        raise ValueError(f"links lead from entries of a first column; none is {unused[0]!r}")
    found = [row[table.header.index(by)] for table in tables.values() for row in table.rows]
    menus = _menu(named, list(tables)) + _menu(by, list(dict.fromkeys(found)))
    said = f"<span><output>{len(found)}</output> of {len(found)} rows</span>"
    folded = [_folded(name, table, by, (words or {}).get(name, name), links or {}) for name, table in tables.items()]
    body = f'<noscript><style>{WITHOUT_SCRIPTS}</style></noscript><div class="rl-menus">{menus}{said}</div>'
    handlers = f' onclick="{attribute(ORDER)}" onchange="{attribute(FILTER)}"'
    text = "\n\n".join(f"{name}\n{table}" for name, table in tables.items())
    return fragment("table rl-sortable", CSS, body + "".join(folded), text, handlers)


def _menu(name: str, choices: list[str]) -> str:
    options = "".join(f"<option>{escape(choice)}</option>" for choice in choices)
    named = attribute(name)
    select = f'<select aria-label="{named}" autocomplete="off"><option value="">{ALL}</option>{options}</select>'
    return f"<label>{escape(name)} {select}</label>"


def _folded(name: str, table: TextTable, by: str, line: str, links: Mapping[str, str]) -> str:
    """One table in its fold; entries of the first column may be links."""
    head = "".join(f'<th scope="col"><button type="button">{escape(column)}</button></th>' for column in table.header)
    rows = "".join(f"<tr>{_first(name, row[0], links)}{''.join(map(_entry, row[1:]))}</tr>" for row in table.rows)
    inside = scrolling(table.caption, f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>")
    place = f'data-p="{attribute(name)}" data-k="{table.header.index(by)}"'
    return f"<details {place}><summary>{escape(line)}</summary>{inside}</details>"


def _first(name: str, entry: str, links: Mapping[str, str]) -> str:
    address = links.get(f"{name}\n{entry}")
    return _entry(entry) if address is None else f'<td><a href="{attribute(address)}">{escape(entry)}</a></td>'


def _entry(text: str) -> str:
    return f"<td>{escape(text)}</td>"
