"""Counts of several kinds as one bar each, whole, so that their shares can be compared; the counts stand inside."""

from collections.abc import Mapping
from typing import Any

from matplotlib.patches import Patch

from robustlib.figures.page.inks import BLACK, DIM, PAPER
from robustlib.figures.page.picture import Picture
from robustlib.figures.plots.canvas import canvas, figure

NARROWEST = 0.03  # share of a bar that a digit needs


def stacked(
    bars: Mapping[str, Mapping[str, int]],  # row -> kind -> count
    *,
    colours: Mapping[str, str],  # kind -> one of the page's inks, in the order of the bars
    caption: str,
    measure: str = "share in %",
) -> Picture:
    """A bar a row from 0 to 100 %, divided by kind; what is too narrow for its count has it in the text alone.

    Raises: ValueError for a kind without a colour, a row of nothing, and no row.
    """
    if not bars or any(sum(counts.values()) < 1 or min(counts.values()) < 0 for counts in bars.values()):
        raise ValueError(f"a stacked bar needs a count in every row, got {dict(bars)}")
    if unknown := sorted({kind for counts in bars.values() for kind in counts} - set(colours)):
        raise ValueError(f"no colour for {unknown[0]!r}; there are {', '.join(colours)}")
    drawn = canvas(4.8, 1.25 + 0.42 * len(bars) + 0.11 * len(colours))
    ax = drawn.add_subplot()
    for y, counts in enumerate(bars.values()):
        whole, left = sum(counts.values()), 0.0
        for kind, colour in colours.items():
            share = counts.get(kind, 0) / whole
            ax.barh(y, 100 * share, left=100 * left, height=0.74, color=colour, edgecolor=PAPER, linewidth=1)
            if share >= NARROWEST * len(said := str(counts.get(kind, 0))):
                ground = {"facecolor": colour, "edgecolor": "none", "pad": 0.5}  # the bar's own
                middle: dict[str, Any] = {"ha": "center", "va": "center", "weight": "bold"}
                ax.text(100 * (left + share / 2), y, said, color=PAPER, bbox=ground, **middle)
            left += share
    ax.set(xlabel=measure, xlim=(0, 100), ylim=(len(bars) - 0.5, -0.5))
    ax.set_xticks(range(0, 101, 25))
    ax.set_yticks(range(len(bars)), [f"{row}\n({sum(counts.values())})" for row, counts in bars.items()])
    ax.grid(False)
    shown = [kind for kind in colours if any(counts.get(kind) for counts in bars.values())]
    handles = [Patch(facecolor=colours[kind], edgecolor=PAPER, label=kind) for kind in shown]
    drawn.legend(handles=handles, loc="outside upper left", ncols=2, labelcolor=BLACK, edgecolor=DIM)
    words = [
        f"{row}: {', '.join(f'{counts[kind]} {kind}' for kind in shown if counts.get(kind))}"
        for row, counts in bars.items()
    ]
    axes = f"Horizontal: {measure}. Vertical: {', '.join(bars)}, in brackets how many."
    return figure(drawn, alt=f"Stacked bars. {'; '.join(words)}.", caption=caption, axes=axes)
