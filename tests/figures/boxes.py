"""Where matplotlib puts the words of a figure, and what lies over them."""

from collections.abc import Iterator
from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Bbox

SLACK = 1.0  # points by which boxes may meet: a box is a little larger than its letters


def faults(drawn: Figure) -> list[str]:
    """Words that are cut, that lie over other words, or under a marker or the edge of a bar."""
    drawn.set_dpi(72)
    FigureCanvasAgg(drawn).draw()
    texts = [(text, _smaller(text.get_window_extent(), SLACK)) for text in _texts(drawn)]
    found = [f"cut: {text.get_text()!r}" for text, box in texts if not _inside(box, drawn.bbox)]
    found += [
        f"over each other: {a.get_text()!r} and {b.get_text()!r}"
        for (a, one), (b, other) in combinations(texts, 2)
        if one.overlaps(other)
    ]
    for ax in drawn.axes:
        marks = list(_marks(ax))
        for text, box in texts:
            if text.axes is ax and text.get_bbox_patch() is None:  # a word on a ground of its own covers, on purpose
                found += [f"under a mark: {text.get_text()!r}" for mark in marks if box.overlaps(mark)][:1]
    return found


def _texts(drawn: Figure) -> Iterator[Text]:
    """The words that are drawn, ticks outside the axis left out."""
    hidden = set()
    for ax in drawn.axes:
        if not ax.axison:
            hidden |= {id(text) for axis in (ax.xaxis, ax.yaxis) for text in axis.findobj(Text)}
        for axis, ends in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
            scale = axis.get_transform().transform
            low, high = sorted(scale(ends))
            reach = 1e-6 * (high - low)
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not low - reach <= scale(tick.get_loc()) <= high + reach:
                    hidden |= {id(tick.label1), id(tick.label2)}
    for text in drawn.findobj(Text):
        if text.get_visible() and text.get_text().strip() and id(text) not in hidden:
            yield text


def _marks(ax: Axes) -> Iterator[Bbox]:
    """The boxes of markers and bars of these axes, clipped as they are drawn."""
    for line in ax.lines:
        if line.get_marker() in ("", " ", "None", None) or not line.get_visible():
            continue
        half = line.get_markersize() / 2
        for x, y in line.get_transform().transform(line.get_xydata()):
            if _inside(Bbox([[x, y], [x, y]]), ax.bbox) or not line.get_clip_on():
                yield Bbox([[x - half, y - half], [x + half, y + half]])
    yield from (bar.get_window_extent() for bar in ax.patches if isinstance(bar, Rectangle))


def _smaller(box: Bbox, by: float) -> Bbox:
    return Bbox([[box.x0 + by, box.y0 + by], [box.x1 - by, box.y1 - by]])


def _inside(box: Bbox, outer: Bbox) -> bool:
    return outer.x0 <= box.x0 and outer.y0 <= box.y0 and box.x1 <= outer.x1 and box.y1 <= outer.y1
