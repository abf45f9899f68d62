"""What an attack costs: accuracy over passes through the network."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.lines import Line2D

from robustlib.figures.page.inks import DIM
from robustlib.figures.page.picture import Picture
from robustlib.figures.plots.canvas import canvas, figure
from robustlib.figures.plots.reading import BANDS, reading
from robustlib.figures.plots.series_styles import line_style, styles_of


def cost_curves(
    series: Mapping[str, Mapping[int, Any]],  # attack -> {passes: anything `reading` takes}
    *,
    floor: tuple[str, Any] | None = None,  # the strongest outcome known, drawn as a line across
    caption: str,
    alt: str | None = None,
) -> Picture:
    """Robust accuracy against the number of passes through the network, on a logarithmic axis."""
    drawn = canvas(5.2, 3.6)
    ax = drawn.add_subplot()
    words, handles, styles = [], [], styles_of(series)
    for name, runs in series.items():
        passes, readings = list(runs), [reading(v) for v in runs.values()]
        share, low, high = (100 * np.array(column) for column in zip(*readings, strict=True))
        style = styles[name]
        ax.plot(passes, share, **line_style(style))
        ax.fill_between(passes, low, high, color=style.colour, alpha=0.13, linewidth=0)
        handles.append(Line2D([], [], label=name, **line_style(style)))
        words.append(f"{name}: " + ", ".join(f"{s:.1f} % after {p}" for p, s in zip(passes, share, strict=True)))
    if floor is not None:
        level = 100 * reading(floor[1]).share
        ax.axhline(level, color=DIM, linestyle="dashed", linewidth=1.2)
        handles.append(Line2D([], [], color=DIM, linestyle="dashed", linewidth=1.2, label=floor[0]))
        words.append(f"{floor[0]}: {level:.1f} %")
    ax.set(xlabel="passes through the network per image", ylabel="robust accuracy in %", xscale="log")
    ax.xaxis.set_major_formatter("{x:g}")
    drawn.legend(handles=handles, loc="outside upper left", ncols=3)
    return figure(
        drawn, alt=alt or f"Robust accuracy against passes. {'; '.join(words)}.", caption=caption, marks=BANDS
    )
