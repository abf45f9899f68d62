"""Readings side by side: grouped bars with intervals, and the paper's number as a mark."""

from collections.abc import Mapping
from typing import Any

from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from robustlib.figures.page.inks import BLACK, DIM, PAPER
from robustlib.figures.page.picture import Picture
from robustlib.figures.plots.canvas import canvas, figure
from robustlib.figures.plots.reading import reading
from robustlib.figures.plots.series_styles import styles_of

ACROSS = 1.03  # where the numbers stand, right of everything that is drawn


def bars(
    groups: Mapping[str, Mapping[str, Any]],  # row -> name -> anything `reading` takes
    *,
    caption: str,
    paper: Mapping[tuple[str, str], float] | None = None,  # (row, name) -> the printed number, in per cent
    measure: str = "robust accuracy in %",
    alt: str | None = None,
) -> Picture:
    """Horizontal bars with 95 % intervals; their numbers stand right of them, in the paper's case with its own.

    A diamond stands where the paper's number would be.
    Raises: ValueError if there is no bar to draw.
    """
    printed = paper or {}
    names = list(dict.fromkeys(name for inside in groups.values() for name in inside))
    if not names:
        raise ValueError(f"there is no bar to draw; pass {{row: {{name: reading}}}}, got {dict(groups)}")
    styles = styles_of(names)
    drawn = canvas(4.8, 1.3 + 0.34 * sum(len(inside) + 0.8 for inside in groups.values()))
    ax = drawn.add_subplot()
    y, ticks, words = 0.0, [], []
    for row, inside in groups.items():
        first = y
        for name, of in inside.items():
            share, low, high = (100 * v for v in reading(of))
            style = styles[name]
            ax.barh(y, share, height=0.82, color=style.colour, edgecolor=PAPER, hatch=style.hatch, linewidth=0)
            ax.plot([low, high], [y, y], color=PAPER, linewidth=3.2)  # so that the interval is seen on a bar
            ax.plot([low, high], [y, y], color=BLACK, marker="|", markersize=7, linewidth=1.4)
            said = f"{share:.1f}"
            if (row, name) in printed:
                ax.plot(printed[row, name], y, "D", ms=7, color=PAPER, mec=BLACK, zorder=4, clip_on=False)
                said += f" (paper {printed[row, name]:g})"
            ax.text(ACROSS, y, said, transform=ax.get_yaxis_transform(), va="center", fontsize=9.5)
            words.append(f"{row}, {name}: {share:.1f} % [{low:.1f}, {high:.1f}]" + said.removeprefix(f"{share:.1f}"))
            y += 1
        ticks.append(((first + y - 1) / 2, row.replace(" (", "\n(")))
        y += 0.8
    ax.set(xlabel=measure, xlim=(0, 100), ylim=(y - 0.6, -0.7))
    ax.set_xticks(range(0, 101, 25))
    ax.set_yticks([at for at, _ in ticks], [row for _, row in ticks])
    ax.grid(False, axis="y")
    handles: list[Any] = [
        Patch(facecolor=styles[name].colour, hatch=styles[name].hatch, edgecolor=PAPER, label=name) for name in names
    ]
    interval = Line2D([], [], color=BLACK, marker="|", markersize=7, linewidth=1.4, label="95 % interval")
    handles.append(interval)
    if printed:
        handles.append(Line2D([], [], marker="D", color=PAPER, markeredgecolor=BLACK, linestyle="", label="paper"))
    drawn.legend(handles=handles, loc="outside upper left", ncols=2, labelcolor=BLACK, edgecolor=DIM)
    return figure(
        drawn,
        alt=alt or f"Bars. {'; '.join(words)}.",
        caption=caption,
        axes=f"Horizontal: {measure}. Vertical: one group of bars for each of {', '.join(groups)}.",
        marks="Diamonds: the paper's numbers." if printed else "",
    )
