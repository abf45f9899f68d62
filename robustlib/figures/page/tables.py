"""The paper's number beside ours as an HTML table, which scrolls sideways where the page is narrower."""

from html import escape

from robustlib.evaluation import Cell as Cell
from robustlib.evaluation import Table
from robustlib.figures.page.assets import asset
from robustlib.figures.page.fragment import Fragment, fragment
from robustlib.figures.page.scrolling import pointed, scrolling

CSS = asset(__name__, "tables.css")
WORDS = {"↑": "{0} is higher", "↓": "{0} is lower", "=": "the {1}'s number lies in our interval"}
Names = tuple[str, str]  # how our numbers are called, and the source's
NAMES = ("ours", "paper")


def mark(cell: Cell, digits: int = 1) -> str:
    """↑ or ↓ where our whole interval, as it is printed, lies above or below the paper's number, = where it holds it,
    else nothing.
    """
    if cell.paper is None or cell.ours is None:
        return ""
    low = round(cell.ours if cell.low is None else cell.low, digits)
    high = round(cell.ours if cell.high is None else cell.high, digits)
    return "↓" if high < cell.paper else "↑" if low > cell.paper else "="


def paper_beside_ours(table: Table, names: Names = NAMES) -> Fragment:
    """Each cell: the paper's number, and below it ours with its 95 % interval, marked where the two disagree.

    Numbers of a column stand with their points in one line. n stands in the cell only where it differs within the
    table; notes are numbered below it. `names`: where "ours" is a network, or the source no
    paper. `str(table)` is the text.
    """
    cells = {(row, column): table[row, column] for row in table.rows for column in table.columns}
    counts = {cell.n for cell in cells.values() if cell.n is not None}
    notes = list(dict.fromkeys(cell.note for cell in cells.values() if cell.note))
    beside = any(cell.paper is not None for cell in cells.values())  # else every number is ours, and need not say so
    marks = [m for m in WORDS if any(mark(cell, table.digits) == m for cell in cells.values())]
    slot = " rl-marked" if marks else ""  # room beside the number for a mark, which moves none
    head, lines = "", dict.fromkeys(table.rows, "")
    for column in table.columns:
        head += f'<th scope="col" class="rl-num{slot}">{escape(column)}</th>'
        mine = [cells[row, column] for row in table.rows]
        places = max([table.digits * any(c.ours is not None for c in mine), *(_places(c.paper) for c in mine)])
        for row in table.rows:
            lines[row] += _cell(
                cells[row, column], len(counts) > 1, notes, names if beside else None, table.digits, places, slot
            )
    body = "".join(f'<tr><th scope="row">{_label(row)}</th>{line}</tr>' for row, line in lines.items())
    html = scrolling(table.caption, f"<thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody>")
    legend = "; ".join(f"{m} {WORDS[m].format(*names)}" for m in marks)
    html += f'<p class="rl-legend">{escape(legend)}.</p>' if legend else ""
    if notes:
        html += f'<ol class="rl-legend">{"".join(f"<li>{escape(note)}</li>" for note in notes)}</ol>'
    text = "\n".join([str(table), *(f"{i}. {note}" for i, note in enumerate(notes, 1))])
    return fragment("table", CSS, html, text)


def _places(number: float | None) -> int:
    """How many digits a printed number has after its point."""
    return 0 if number is None else len(f"{number:g}".partition(".")[2])


def _label(row: str) -> str:
    """A row's name, and small below it what stands in parentheses: "Ours (1 of 10 epochs, CPU)"."""
    name, *more = escape(row).split(" (")
    return name + "".join(f"<br><small>{each.removesuffix(')')}</small>" for each in more)


def _cell(cell: Cell, with_n: bool, notes: list[str], names: Names | None, digits: int, places: int, slot: str) -> str:
    """One `td`: paper above, ours below; without a word on whose number it is where the table is all ours."""
    if not cell.applies:
        return f'<td class="rl-num{slot}">–</td>'
    sign = {"↑": " rl-above", "↓": " rl-below"}.get(mark(cell, digits), "")
    (ours, source), lines = names or ("", NAMES[1]), []
    if cell.paper is not None:
        lines.append(f"<small>{source}</small> {pointed(f'{cell.paper:g}', places)}")
    if cell.ours is not None:
        said = pointed(cell.number(digits), places)
        said += f'<b class="rl-mark">\u2009{mark(cell, digits)}</b>' if mark(cell, digits) else ""
        said += f"<br><small>{cell.interval(digits)}</small>" if cell.interval(digits) else ""
        said += f"<br><small>n = {cell.n}</small>" if with_n and cell.n is not None else ""
        lines.append(f'<span class="rl-ours{sign}"><small>{ours}</small> {said}</span>' if names else said)
    elif cell.paper is not None or cell.n is not None or not cell.note:
        lines.append(f"<small>{f'{ours} ' if names else ''}{cell.number()}</small>")
    if cell.note:
        lines.append(f"<small>note {notes.index(cell.note) + 1}</small>")
    return f'<td class="rl-num{slot}">{"<br>".join(lines)}</td>'.replace("</span><br>", "</span>")  # a span is a block
