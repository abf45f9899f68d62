"""Readings side by side: grouped bars with intervals, and the paper's number as a mark."""

from collections.abc import Mapping
from typing import Any

from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from robustlib.figures.page.picture import Picture
from robustlib.figures.plots.canvas import canvas, figure
from robustlib.figures.plots.reading import reading
from robustlib.figures.plots.series_styles import style_of


def bars(
    groups: Mapping[str, Mapping[str, Any]],  # row -> name -> anything `reading` takes
    *,
    caption: str,
    paper: Mapping[tuple[str, str], float] | None = None,  # (row, name) -> the printed number, in per cent
    measure: str = "robust accuracy in %",
    alt: str | None = None,
) -> Picture:
    """Horizontal bars with 95 % intervals, each with its number; a diamond stands where the paper's number would be."""
    printed = paper or {}
    names = list(dict.fromkeys(name for inside in groups.values() for name in inside))
    drawn = canvas(4.8, 1.3 + 0.34 * sum(len(inside) + 0.8 for inside in groups.values()))
    ax = drawn.add_subplot()
    y, ticks, words = 0.0, [], []
    for row, inside in groups.items():
        first = y
        for name, of in inside.items():
            share, low, high = (100 * v for v in reading(of))
            style = style_of(name)
            ax.barh(y, share, height=0.82, color=style.colour, edgecolor="white", hatch=style.hatch, linewidth=0)
            ax.plot([low, high], [y, y], color="black", marker="|", markersize=7, linewidth=1.4)
            said = f"{share:.1f}"
            if (row, name) in printed:
                ax.plot(printed[row, name], y, "D", ms=7, color="white", mec="black", zorder=4, clip_on=False)
                said += f" (paper {printed[row, name]:g})"
            right = max(high, printed.get((row, name), 0.0)) + 4.5
            ax.text(right, y, said, va="center", fontsize=9.5, clip_on=False)
            words.append(f"{row}, {name}: {share:.1f} % [{low:.1f}, {high:.1f}]" + said.removeprefix(f"{share:.1f}"))
            y += 1
        ticks.append(((first + y - 1) / 2, row))
        y += 0.8
    ax.set(xlabel=measure, xlim=(0, 135 if printed else 118), ylim=(y - 0.6, -0.7))
    ax.set_xticks(range(0, 101, 20))
    ax.set_yticks([at for at, _ in ticks], [row for _, row in ticks])
    ax.grid(False, axis="y")
    handles: list[Any] = [
        Patch(facecolor=style_of(name).colour, hatch=style_of(name).hatch, edgecolor="white", label=name)
        for name in names
    ]
    if printed:
        handles.append(Line2D([], [], marker="D", color="white", markeredgecolor="black", linestyle="", label="paper"))
    drawn.legend(handles=handles, loc="outside upper left", ncols=2)
    return figure(drawn, alt=alt or f"Bars. {'; '.join(words)}.", caption=caption)
