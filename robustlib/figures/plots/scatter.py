"""Two numbers of each image as a point, with the line on which they are equal: a bound against what was found."""

from collections.abc import Mapping, Sequence

import numpy as np

from robustlib.figures.page.inks import DIM
from robustlib.figures.page.picture import Picture
from robustlib.figures.plots.canvas import canvas, figure
from robustlib.figures.plots.series_styles import styles_of


def scatter(
    series: Mapping[str, tuple[Sequence[float], Sequence[float]]],  # name -> the points' x and y
    *,
    xlabel: str,
    ylabel: str,
    caption: str,
    alt: str,
    logarithmic: bool = False,  # both axes
) -> Picture:
    """One marker for each point, in the colour and shape of its series, and a dashed line where both numbers are equal.

    Raises: ValueError if there is no series, one has no point or not as many x as y, or a number is not finite (or, on
    logarithmic axes, not above 0).
    """
    least = 0 if logarithmic else -np.inf
    for name, points in series.items():
        at = np.asarray(points, float) if len(points[0]) == len(points[1]) else np.empty(0)
        if not at.size or not (np.isfinite(at) & (at > least)).all():
            raise ValueError(f"{name} needs points of two finite numbers{' above 0' * logarithmic}, got {points}")
    if not series:
        raise ValueError("there is no series to draw")
    drawn = canvas(4.8, 3.9)
    ax = drawn.add_subplot(xlabel=xlabel, ylabel=ylabel)
    styles = styles_of(series)
    for name, (x, y) in series.items():
        look = styles[name]
        ax.plot(x, y, look.marker, color=look.colour, markersize=5, alpha=0.75, linestyle="", label=name)
    if logarithmic:
        ax.set(xscale="log", yscale="log")
    low, high = max(ax.get_xlim()[0], ax.get_ylim()[0]), min(ax.get_xlim()[1], ax.get_ylim()[1])
    ax.plot([low, high], [low, high], color=DIM, linestyle="dashed", linewidth=1.2, zorder=0)
    drawn.legend(loc="outside upper left", ncols=3)
    marks = "Markers: images. Dashed: where both numbers are equal."
    return figure(drawn, alt=alt, caption=caption, marks=marks)
