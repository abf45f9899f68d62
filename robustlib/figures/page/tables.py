"""Tables as HTML: the paper's number beside ours, and tables of words; they scroll sideways on a phone."""

from html import escape

from robustlib.evaluation import Cell as Cell
from robustlib.evaluation import Table, TextTable
from robustlib.figures.page.assets import asset
from robustlib.figures.page.fragment import Fragment, attribute, fragment

CSS = asset(__name__, "tables.css")
WORDS = {"▲": "ours is higher", "▼": "ours is lower", "=": "the paper's number lies in our interval"}


def mark(cell: Cell, digits: int = 1) -> str:
    """▲ or ▼ where our whole interval, as it is printed, lies above or below the paper's number, = where it holds it,
    else nothing.
    """
    if cell.paper is None or cell.ours is None:
        return ""
    low = round(cell.ours if cell.low is None else cell.low, digits)
    high = round(cell.ours if cell.high is None else cell.high, digits)
    return "▼" if high < cell.paper else "▲" if low > cell.paper else "="


def paper_beside_ours(table: Table) -> Fragment:
    """Each cell: the paper's number, and below it ours with its 95 % interval, marked where the two disagree.

    n stands in the cell only where it differs within the table; notes are numbered below it. `str(table)` is the text.
    """
    cells = {(row, column): table[row, column] for row in table.rows for column in table.columns}
    counts = {cell.n for cell in cells.values() if cell.n is not None}
    notes = list(dict.fromkeys(cell.note for cell in cells.values() if cell.note))
    beside = any(cell.paper is not None for cell in cells.values())  # else every number is ours, and need not say so
    marks = [m for m in WORDS if any(mark(cell, table.digits) == m for cell in cells.values())]
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in table.columns)
    body = "".join(
        f'<tr><th scope="row">{_label(row)}</th>'
        + "".join(_cell(cells[row, column], len(counts) > 1, notes, beside, table.digits) for column in table.columns)
        + "</tr>"
        for row in table.rows
    )
    html = _scrolling(table.caption, f"<thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody>")
    legend = "; ".join(f"{m} {WORDS[m]}" for m in marks)
    html += f'<p class="rl-legend">{escape(legend)}.</p>' if legend else ""
    if notes:
        html += f'<ol class="rl-legend">{"".join(f"<li>{escape(note)}</li>" for note in notes)}</ol>'
    text = "\n".join([str(table), *(f"{i}. {note}" for i, note in enumerate(notes, 1))])
    return fragment("table", CSS, html, text)


def _label(row: str) -> str:
    """A row's name, and small below it what stands in parentheses: "Ours (1 of 10 epochs, CPU)"."""
    name, *more = escape(row).split(" (")
    return name + "".join(f"<br><small>{each.removesuffix(')')}</small>" for each in more)


def _cell(cell: Cell, with_n: bool, notes: list[str], beside: bool, digits: int) -> str:
    """One `td`: paper above, ours below; without a word on whose number it is where the table is all ours."""
    if not cell.applies:
        return "<td>–</td>"
    sign = {"▲": " rl-above", "▼": " rl-below"}.get(mark(cell, digits), "")
    lines = [] if cell.paper is None else [f"<small>paper</small> {cell.paper:g}"]
    if cell.ours is not None:
        said = f"{cell.number(digits)} {mark(cell, digits)}".strip()
        said += f"<br><small>{cell.interval(digits)}</small>" if cell.interval(digits) else ""
        said += f"<br><small>n = {cell.n}</small>" if with_n and cell.n is not None else ""
        lines.append(f'<span class="rl-ours{sign}"><small>ours</small> {said}</span>' if beside else said)
    elif cell.paper is not None or cell.n is not None or not cell.note:
        lines.append(f"<small>{'ours ' if beside else ''}{cell.number()}</small>")
    if cell.note:
        lines.append(f"<small>note {notes.index(cell.note) + 1}</small>")
    return f'<td class="rl-num">{"<br>".join(lines)}</td>'


def _scrolling(caption: str, inside: str) -> str:
    """A table under its caption in a box that scrolls sideways, also by keyboard."""
    box = f'<div class="rl-scroll" role="region" tabindex="0" aria-label="{attribute(caption)}">'
    return f"{box}<table><caption><div>{escape(caption)}</div></caption>{inside}</table></div>"


def words(table: TextTable) -> Fragment:
    """A table of words; the first column names the row."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.header)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(text)}</td>" for text in rest)}</tr>'
        for first, *rest in table.rows
    )
    html = _scrolling(table.caption, f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>")
    return fragment("table", CSS, html, str(table))
