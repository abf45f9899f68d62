"""What an SVG element says of its looks, in as few characters as a page needs."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable

from robustlib.figures.page.inks import ink

NUMBER = re.compile(r"-?\d+\.\d+")
KEPT = (
    *("stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "fill-opacity", "opacity"),
    *("font-size", "font-style", "font-weight", "text-anchor"),
)  # ends and corners of lines are those of the svg element
SAID = {"font-size": "10", "text-anchor": "start"}  # by the svg element, or the same as saying nothing
Style = dict[str, str]


def style_of(node: ET.Element, filled: bool = True) -> Style:
    """The declarations of an element; what matplotlib leaves black by saying nothing says so."""
    text = re.sub(r"font: ((?:\w+ )*)([\d.]+)px [^;]*", _font, node.get("style", ""))
    style = dict(re.split(r":\s*", part, maxsplit=1) for part in text.split(";") if ":" in part)
    style = {key.strip(): value.strip() for key, value in style.items()}
    if "fill" in node.attrib:
        style["fill"] = node.attrib["fill"]
    if filled and "fill" not in style and (node.tag == "text" or node.attrib.keys() & {"style", "d", "href"}):
        style["fill"] = "#000000"
    return style


def _font(found: re.Match[str]) -> str:
    """The words of a font shorthand, one by one."""
    said = {"bold": "font-weight: bold; ", "italic": "font-style: italic; ", "oblique": "font-style: italic; "}
    return "".join(said.get(word, "") for word in found[1].split()) + f"font-size: {found[2]}px"


def attributes(style: Style, tag: str) -> Style:
    """A style as attributes, less what the svg element says already."""
    found = {key: style[key].replace(", ", " ").removesuffix("px") for key in KEPT if key in style}
    found |= {key: ink(style[key]) for key in ("fill", "stroke") if key in style}
    said = SAID | {"fill": "currentColor" if tag == "text" else "none"}
    found = {key: value for key, value in found.items() if value != said.get(key)}
    return {key: short(value) if value[:1].isdigit() else value for key, value in found.items()}


def listed(style: Style) -> str:
    """A style as it stands in a path's tag."""
    return "".join(f' {key}="{value}"' for key, value in attributes(style, "path").items())


def short(text: str, digits: int = 1) -> str:
    """Numbers with few digits, a path without the letters and spaces that can be left out."""
    text = NUMBER.sub(lambda found: f"{round(float(found[0]), digits) + 0:g}", text)
    if text[:1] == "M":
        text = re.sub(r"\s*([A-Za-z])\s*", r"\1", text.strip())
        text = tight(re.sub(r"M[-\d. ]+(?:L[-\d. ]+)+", _polyline, text))
    return text


def tight(path: str) -> str:
    """Numbers without the zero before their point and the space before their minus."""
    return re.sub(r"(?<![\d.])0\.", ".", path).replace(" -", "-")


def dots(spots: Iterable[tuple[str, str]]) -> str:
    """A path through these points from left to right, each as a step from the one before."""
    at = sorted((round(10 * float(x)), round(10 * float(y))) for x, y in spots)
    steps = [(x - a, y - b) for (a, b), (x, y) in zip([(0, 0), *at], at, strict=False)]
    return tight("m" + " ".join(f"{x / 10:g} {y / 10:g}" for x, y in steps))


def joined(svg: str) -> str:
    """Neighbouring lines of one look as one path."""
    return re.sub(r'<path d="[^"]*"([^<>]*)/>(?:<path d="[^"]*"\1/>)+', _one_path, svg)


def _one_path(found: re.Match[str]) -> str:
    """Paths that are alike but for their way, as one; filled or transparent ones stay: they lie over each other."""
    if "fill=" in found[1] or "opacity" in found[1]:
        return found[0]
    ways = re.findall(r'<path d="([^"]*)"', found[0])
    return f'<path d="{"".join(ways)}"{found[1]}/>'


def _polyline(found: re.Match[str]) -> str:
    """Lines from corner to corner: no corner twice, one number where a line is level or upright."""
    (x, y), *corners = (corner.split() for corner in re.split("[ML]", found[0])[1:])
    parts, last = [f"M{x} {y}"], "L"
    for a, b in corners:
        way, said = ("L", f"{a} {b}") if a != x and b != y else ("H", a) if a != x else ("V", b)
        if (a, b) != (x, y):
            parts.append(f" {said}" if way == last == "L" else way + said)
            last = way
        x, y = a, b
    return "".join(parts)
