"""The box of a table that may be wider than the page, and numbers whose points stand in one line."""

from html import escape

from robustlib.figures.page.fragment import attribute

POINT, DIGIT = "\u2008", "\u2007"  # spaces as wide as a point and as a digit


def scrolling(caption: str, inside: str) -> str:
    """A table under its caption in a box that scrolls sideways, also by keyboard; shadows say where there is more."""
    box = f'<div class="rl-scroll" role="region" tabindex="0" aria-label="{attribute(caption)}">'
    return f"{box}<table><caption><div>{escape(caption)}</div></caption>{inside}</table></div>"


def pointed(number: str, places: int) -> str:
    """A number, filled up with space as if it had so many digits after its point.

    >>> [pointed(text, 2) for text in ("7", "12.5", "0.25")]
    ['7\\u2008\\u2007\\u2007', '12.5\\u2007', '0.25']
    """
    _, point, digits = number.partition(".")
    return number + (POINT if places and not point else "") + DIGIT * (places - len(digits))
