"""Plain lines over a common axis, for a loss or a rule as a picture."""

from collections.abc import Mapping, Sequence

import numpy as np

from robustlib.figures.page.picture import Picture
from robustlib.figures.plots.canvas import canvas, figure
from robustlib.figures.plots.style import LINE_COLOURS

STROKES = ("solid", "dashed", "dotted", "dashdot")


def lines(
    x: Sequence[float],
    series: Mapping[str, Sequence[float]],  # name -> a value for each x
    *,
    xlabel: str,
    ylabel: str,
    caption: str,
    alt: str,
    top: float | None = None,  # where the vertical axis ends
) -> Picture:
    """One line for each name, told apart by colour and stroke.

    Raises: ValueError if there is no series, one is not as long as x, or there are more than can be told apart.
    """
    if not series or any(len(values) != len(x) for values in series.values()):
        found = {name: len(values) for name, values in series.items()}
        raise ValueError(f"need series with a value for each of {len(x)} places, got {found}")
    if len(series) > len(LINE_COLOURS):
        raise ValueError(
            f"{len(series)} lines are more than the {len(LINE_COLOURS)} that a reader tells apart; draw fewer"
        )
    drawn = canvas(4.8, 2.4)
    ax = drawn.add_subplot(xlabel=xlabel, ylabel=ylabel, ylim=(0, top))
    for i, (name, values) in enumerate(series.items()):
        ax.plot(np.asarray(x), np.asarray(values), color=LINE_COLOURS[i], linestyle=STROKES[i % 4], label=name)
    ax.legend()
    return figure(drawn, alt=alt, caption=caption)
