"""Text with formulas, code and emphasis as HTML: the little of Markdown that an output of a cell has to know itself."""

import re
from html import escape

KEPT = re.compile(r"\\\(.*?\\\)|\\\[.*?\\\]|\$(?!\s)[^$]+(?<!\s)\$(?!\d)|`[^`]+`", re.DOTALL)
EMPHASIS = ((re.compile(r"\*\*(.+?)\*\*"), r"<strong>\1</strong>"), (re.compile(r"\*(.+?)\*"), r"<em>\1</em>"))
PLACE = re.compile("\ue000(\\d+)\ue000")  # a character of no text stands around the number of what was kept


def inline(text: str) -> str:
    r"""Text as HTML, with `$...$` and `\(...\)` as formulas, `code`, *emphasis* and **strong** words.

    A formula has the class under which the book's pages look for what MathJax shall typeset.

    >>> inline("for *every* $n < 20$")
    'for <em>every</em> <span class="math">\\(n &lt; 20\\)</span>'
    """
    kept = KEPT.findall(text)
    numbers = iter(range(len(kept)))
    safe = escape(KEPT.sub(lambda found: f"\ue000{next(numbers)}\ue000", text), quote=False)
    for pattern, html in EMPHASIS:
        safe = pattern.sub(html, safe)
    return PLACE.sub(lambda found: _kept(kept[int(found[1])]), safe)


def paragraphs(text: str) -> str:
    """Text as paragraphs; an empty line parts them."""
    return "".join(f"<p>{inline(part)}</p>" for part in re.split(r"\n\s*\n\s*", text.strip()))


def _kept(piece: str) -> str:
    """A formula or code."""
    safe = escape(piece, quote=False)
    if piece[0] == "`":
        return f"<code>{safe[1:-1]}</code>"
    formula = rf"\({safe[1:-1]}\)" if piece[0] == "$" else safe
    return f'<span class="math">{formula}</span>'
