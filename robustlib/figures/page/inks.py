"""The colours of the book's drawings: a hex on a light page, which the page's style sheet exchanges on a dark one.

Each reads with a contrast of 3 and more on both, and no two look alike in the common kinds of colour blindness (tests
hold it). `picture.css` has the same values.
"""

import re
from typing import NamedTuple


class Ink(NamedTuple):
    """A colour's name in the style sheet, and its value on a light and on a dark page."""

    name: str
    light: str
    dark: str


BLACK, GREY, BLUE, SKY, GREEN = "#000000", "#767676", "#005F9E", "#2F9BD6", "#009E73"
ORANGE, VERMILLION, PINK, BROWN, VIOLET = "#CC8400", "#BF4300", "#C9689E", "#6B3F0A", "#5B2A86"
PAPER, DIM, GRID = "#FFFFFF", "#595959", "#E2E2E2"
INKS = {
    ink.light: ink
    for ink in (
        Ink("grey", GREY, "#8F8F8F"),
        Ink("blue", BLUE, "#3A82D0"),
        Ink("sky", SKY, "#6CC4F5"),
        Ink("green", GREEN, "#16B98A"),
        Ink("orange", ORANGE, "#F0AE1E"),
        Ink("vermillion", VERMILLION, "#E8662A"),
        Ink("pink", PINK, "#DC8CBB"),
        Ink("brown", BROWN, "#A8783C"),
        Ink("violet", VIOLET, "#B08AE6"),
        Ink("dim", DIM, "#ABABAB"),
        Ink("grid", GRID, "#343A43"),
        Ink("paper", PAPER, "#14181E"),
    )
}


def ink(colour: str) -> str:
    """A hex colour as CSS: black is the colour of the page's text, one of `INKS` follows the page, another stays.

    >>> ink("#005f9e"), ink("#000000"), ink("#123456")
    ('var(--rl-blue,#005F9E)', 'currentColor', '#123456')
    """
    known = INKS.get(colour.upper())
    if colour == BLACK:
        return "currentColor"
    return f"var(--rl-{known.name},{known.light})" if known else colour


def variables(css: str, selector: str) -> dict[str, str]:
    """The inks that a rule of a style sheet sets, by name."""
    rule = css[css.index(selector) :]
    return dict(re.findall(r"--rl-(\w+):\s*([^;}]+)", rule[: rule.index("}")]))


INK, PALE = "#101010", "#FDFDFD"  # on a surface whose colours are the same in light and dark mode
