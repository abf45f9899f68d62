"""Drawings in SVG that a slider moves without a script: under them one picture, over it a strip of which one shows."""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

from robustlib.figures.page.assets import asset

WIDE, HIGH = 216, 120  # CSS pixels of the histogram; the ROC curve is a square of that height
CSS = asset(__name__, "threshold_drawings.css")

SIDES = {"normal": "rl-clean", "adversarial": "rl-adv"}


def score_drawing(record: Mapping[str, Any], at: Sequence[int]) -> str:
    """The histogram of both sets on a square-root scale; above it the threshold at each position."""
    edges = record["histogram"]["edges"]
    low, span = edges[0], (edges[-1] - edges[0]) or 1.0
    share = {side: [n / max(sum(record["histogram"][side]), 1) for n in record["histogram"][side]] for side in SIDES}
    top = max(max(inside) for inside in share.values())
    outlines = []
    for side, name in SIDES.items():
        bars = [HIGH - (HIGH - 8) * sqrt(v / top) for v in share[side]]
        steps = "".join(f"V{y:.0f}h{WIDE / len(bars):g}" for y in bars)
        outlines.append(f'<path class="{name}" d="M0 {HIGH}{steps}V{HIGH}"/>')
    shades, lines = [], []
    for k, place in enumerate(at):
        threshold = record["roc"]["threshold"][place]
        part = (place > 0) if threshold is None else min(max((threshold - low) / span, 0), 1)
        x = WIDE * part
        shades.append(f"M{k * WIDE} 0h{x:.1f}v{HIGH}h-{x:.1f}z")
        lines.append(f"M{k * WIDE + min(max(x, 1), WIDE - 1):.1f} 0v{HIGH}")
    over = f'<path class="rl-shade" d="{"".join(shades)}"/><path class="rl-line" d="{"".join(lines)}"/>'
    words = _words(WIDE, f"{low:.3g}", "score", f"{edges[-1]:.3g}")
    return _box(WIDE, f'{"".join(outlines)}<path class="rl-axis" d="M0 {HIGH}h{WIDE}"/>', over, len(at), words)


def curve_drawing(record: Mapping[str, Any], at: Sequence[int]) -> str:
    """The ROC curve with the diagonal of chance; on it a dot at each position."""
    inner = HIGH - 12  # room for the dot on all sides

    def point(k: int, shift: int = 0) -> str:
        across, up = 6 + inner * record["roc"]["false"][k], HIGH - 6 - inner * record["roc"]["true"][k]
        return f"{shift + across:.1f} {up:.1f}"

    curve = "L".join(point(k) for k in range(len(record["roc"]["false"])))
    frame = f'<path class="rl-axis" d="M6 6h{inner}v{inner}h-{inner}zl0 {inner}l{inner}-{inner}"/>'
    dots = "".join(f"M{point(place, k * HIGH)}h0" for k, place in enumerate(at))
    over = f'<path class="rl-dot" d="{dots}"/>'
    base = f'{frame}<path class="rl-line" d="M{curve}"/>'
    return _box(HIGH, base, over, len(at), _words(HIGH, "0", "rejected", "100 %"))


def _words(width: int, left: str, middle: str, right: str) -> str:
    """What stands below an axis."""
    places = ((0, "start", left), (width / 2, "middle", middle), (width, "end", right))
    return "".join(f'<text x="{x:g}" y="{HIGH + 12}" text-anchor="{end}">{said}</text>' for x, end, said in places)


def _box(width: int, base: str, over: str, positions: int, words: str) -> str:
    """A drawing with words below, and on top of it the strip with one drawing for each position."""
    return (
        f'<div class="rl-box" style="width:{width}px;--step:{width}">'
        f'<svg width="{width}" height="{HIGH + 15}">{base}{words}</svg>'
        f'<svg class="rl-over" width="{width * positions}" height="{HIGH}">{over}</svg></div>'
    )
