"""A matplotlib figure as short SVG for a page: text stays text, colours follow the page, equal marks are one path."""

import hashlib
import re
import xml.etree.ElementTree as ET
from io import StringIO

import matplotlib as mpl
from matplotlib.figure import Figure

from robustlib.figures.plots.short_svg import Style, attributes, dots, joined, listed, short, style_of

DOUBLE = 230  # dots an inch of what stays a raster: two for each CSS pixel
DENSE = 4000  # points of a line or cloud above which it is a raster


def vector(drawn: Figure) -> str:
    """What stands inside an svg element whose viewBox is the figure in points. The same figure gives the same bytes.

    Ids begin with a hash of the drawing, so that no two figures of a page meet.
    """
    clouds = [artist for ax in drawn.axes for artist in (*ax.lines, *ax.collections) if _points(artist) > DENSE]
    papers = [drawn.patch, *(ax.patch for ax in drawn.axes)]
    raw = StringIO()
    for artist in clouds:
        artist.set_rasterized(True)
    shown = [paper.get_visible() for paper in papers]
    for paper in papers:
        paper.set_visible(False)
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "robustlib"}):
        drawn.savefig(raw, format="svg", dpi=DOUBLE, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    for paper, seen in zip(papers, shown, strict=True):
        paper.set_visible(seen)
    said_once = re.sub(r' xmlns(:xlink)?="[^"]+"', "", raw.getvalue()).replace("xlink:href", "href")
    root = ET.fromstring(said_once)
    symbols = {node.get("id", ""): node for node in root.iter("path") if node.get("id")}
    marks: dict[str, str] = {}
    body = joined("".join(_written(child, symbols, marks) for child in root))
    return _named("<defs>" + "".join(marks.values()) + "</defs>" + body if marks else body)


def _points(artist: object) -> int:
    """How many points a line or a cloud has."""
    places = getattr(artist, "get_offsets", None) or artist.get_xdata  # type: ignore[attr-defined]
    return len(places())


def _named(svg: str) -> str:
    """The ids that something refers to, renamed after the whole; the others removed."""
    used = list(dict.fromkeys(re.findall(r"(?:url\(|href=\")#([^)\"]+)", svg)))
    svg = re.sub(r' id="([^"]+)"', lambda found: found[0] if found[1] in used else "", svg)
    places = {name: str(i) for i, name in enumerate(used)}
    pattern = re.compile(r'(url\(#|href="#|id=")([^)"]+)')
    plain = pattern.sub(lambda found: found[1] + "@" + places[found[2]], svg)
    return plain.replace("@", f"rl{hashlib.sha256(plain.encode()).hexdigest()[:6]}-") if used else svg


def _written(node: ET.Element, symbols: dict[str, ET.Element], marks: dict[str, str]) -> str:
    """An element and what is in it, without what says nothing."""
    tag = node.tag
    if tag == "style" or (tag == "path" and node.get("id") in symbols):
        return ""
    if tag in ("g", "defs", "a") and not ({"clip-path", "transform"} & set(node.attrib)):
        within = _inside(node, symbols, marks)
        if (
            node.get("id", "").startswith("matplotlib.axis") and "<g" not in within
        ):  # the grid first, as one path, then the numbers
            parts = re.split(r"(?=<text)|(?<=</text>)", within)
            within = "".join(sorted(parts, key=lambda part: part.startswith("<text")))
        return f"<defs>{within}</defs>" if tag == "defs" and within else within
    style = style_of(node)
    if tag in ("path", "rect") and style.get("fill") == "none" and "stroke" not in style:
        return ""
    if tag == "use":
        return _mark([node], style, symbols, marks)
    inside = _inside(node, symbols, marks)
    if tag == "g" and not inside:
        return ""
    values = {key: value for key, value in node.attrib.items() if key not in ("style", "href")}
    if "rotate(-0 " in values.get("transform", ""):
        del values["transform"]
    values = {key: short(value) if key != "id" else value for key, value in values.items()} | attributes(style, tag)
    text = "" if node.get("href") is None else f' href="{"".join(node.get("href", "").split())}"'
    text += "".join(f' {key}="{value}"' for key, value in values.items())
    return f"<{tag}{text}>{inside}</{tag}>" if inside else f"<{tag}{text}/>"


def _inside(node: ET.Element, symbols: dict[str, ET.Element], marks: dict[str, str]) -> str:
    """Text and children of an element; neighbours that are the same mark become one path."""
    text = (node.text or "").strip() if node.tag in ("text", "tspan") else ""
    written, run = [text.replace("&", "&amp;").replace("<", "&lt;")], []
    children = list(node)
    for i, child in enumerate(children):
        use, following = _alone(child), _alone(children[i + 1]) if i + 1 < len(children) else None
        if use is None:
            written.append(_written(child, symbols, marks))
            continue
        run.append(use)
        same = following is not None and all(
            a.get(key) == b.get(key) for a, b in ((use, following), (child, children[i + 1]))
            for key in ("href", "style", "clip-path")
        )  # fmt: skip
        if not same:
            mark = _mark(run, style_of(use), symbols, marks)
            clip = child.get("clip-path")
            written.append(f'<g clip-path="{clip}">{mark}</g>' if clip else mark)
            run = []
    return "".join(written)


def _alone(node: ET.Element) -> ET.Element | None:
    """A mark, or the only one in a group."""
    if node.tag == "g" and "transform" not in node.attrib and len(node) == 1:
        node = node[0]
    return node if node.tag == "use" and "transform" not in node.attrib else None


def _mark(run: list[ET.Element], style: Style, symbols: dict[str, ET.Element], marks: dict[str, str]) -> str:
    """One mark as a `use`, several as the corners of a path that shows nothing but them."""
    symbol = symbols[run[0].get("href", "").removeprefix("#")]
    within = f'<path d="{short(symbol.get("d", ""), 2)}"{listed(style | style_of(symbol, filled=False))}/>'
    spots = [(node.get("x", "0"), node.get("y", "0")) for node in run]
    number = list(marks).index(within) if within in marks else len(marks)
    symbol_with_id = within.replace("<path", f'<path id="u{number}"', 1)
    marks[within] = f'<marker id="m{number}" markerUnits="userSpaceOnUse">{symbol_with_id}</marker>'
    if len(run) == 1:
        return f'<use href="#u{number}" x="{short(spots[0][0])}" y="{short(spots[0][1])}"/>'
    return f'<path style="marker:url(#m{number})" d="{dots(spots)}"/>'
