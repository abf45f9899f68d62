"""Which look a name has: that of the method or attack it names, told apart from the others of its figure."""

import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from robustlib.figures.page.inks import DIM
from robustlib.figures.plots.looks import ATTACKS, METHODS, Line, SeriesStyle

Name = str | tuple[str, str]  # a method, an attack, or both
COLOURS: dict[str, str] = {name: style.colour for name, style in (METHODS | ATTACKS).items()}
ALIASES = {
    "ifgsm": "bim",
    "cross-entropy pgd": "pgd",  # the attack climbs that loss; before the loss alone, which names a training
    "baseline": "softmax",
    "native": "softmax",
    "at²l's triplet": "at2l",  # before the report's triplet
    "tla's triplet": "tla",
    "triplet": "ours",
    "pgd 2/255 x 10": "small-step pgd",
    "madry": "adversarial training",
    "pgd training": "adversarial training",
    "reverse cross-entropy": "rce",
    "cross-entropy": "softmax",
    "ce": "softmax",
    "at²l": "at2l",
    "mad-pgd": "madnet-pgd",
    "mad + pgd": "madnet-pgd",
    "mad": "madnet",
    "pcl": "prototype conformity",
    "robust representations": "ours",
    "random resize and pad": "random views",
    "random resizing and padding": "random views",
}
MARKERS = ("1", "2", "3", "4", "+", "x")  # spare ones, for names without a look and for a second of one look
LINES: tuple[Line, ...] = ("solid", "dashed", "dashdot", "dotted", (0, (8, 2)), (0, (5, 1, 1, 1, 1, 1)))
HATCHES = ("", "///", "\\\\\\", "---", "...", "xxx")


def style_of(name: str) -> SeriesStyle:
    """The fixed style of a method or an attack; a longer name takes the style of the known name in it.

    "margin PGD on distances" looks as "margin PGD" does. A name with no known part gets a grey that follows from the
    name alone.
    """
    if (known := known_style(name)) is not None:
        return known
    odd = zlib.crc32(name.lower().replace("_", "-").encode())
    return SeriesStyle(DIM, MARKERS[odd % 6], LINES[odd // 6 % 4], "")


def known_style(name: str, among: Mapping[str, SeriesStyle] = METHODS | ATTACKS) -> SeriesStyle | None:
    """The style of the method or attack in a name, the longest where there are several; None where there is none."""
    known_names = {known.lower(): style for known, style in among.items()}
    key = name.lower().replace("_", "-")
    for alias, known in ALIASES.items():
        key = re.sub(rf"(?<![\w-]){re.escape(alias)}(?!\w)", known, key)
    if key in known_names:
        return known_names[key]
    inside = [known for known in known_names if re.search(rf"(?<!\w){re.escape(known)}(?!\w)", key)]
    return known_names[max(inside, key=len)] if inside else None


def styles_of(names: Iterable[Name]) -> dict[Name, SeriesStyle]:
    """The styles of the series of one figure. (method, attack) has the colour of the one and the strokes of the other.

    Where two have one colour, the later takes other strokes wherever it has the earlier one's.
    Raises: ValueError if more of one colour come together than can be told apart.
    """
    found: dict[Name, SeriesStyle] = {}
    for name in names:
        if name not in found:
            style = style_of(name) if isinstance(name, str) else style_of(name[1])._replace(colour=colour_of(name[0]))
            found[name] = told_apart(style, found.values(), name)
    return found


def told_apart(style: SeriesStyle, others: Iterable[SeriesStyle], name: Name) -> SeriesStyle:
    """The style with other strokes where another of its colour has them.

    Raises: ValueError if none is left.
    """
    alike = [other for other in others if other.colour == style.colour]
    for part, spare in (("marker", MARKERS), ("line", LINES), ("hatch", HATCHES)):
        taken = {getattr(other, part) for other in alike}
        if getattr(style, part) in taken:
            free = next((stroke for stroke in spare if stroke not in taken), None)
            if free is None:
                raise ValueError(
                    f"{name!r} is one of {len(alike) + 1} series in {style.colour}, which nobody tells apart; "
                    "draw fewer, or spread them over figures"
                )
            style = SeriesStyle(**style._asdict() | {part: free})
    return style


def colour_of(name: str) -> str:
    """The fixed colour of a method or an attack, as hex; never the only sign (see `style_of`)."""
    return style_of(name).colour


def line_style(style: SeriesStyle) -> dict[str, Any]:
    """A style as matplotlib's arguments of a line."""
    return {"color": style.colour, "marker": style.marker, "linestyle": style.line}
