"""The loss on the way to an attacked image, and the slope that the gradient reports there, under one slider."""

from collections.abc import Mapping, Sequence

import numpy as np
from torch import Tensor

from robustlib.figures.page.fragment import Fragment
from robustlib.figures.page.frames import Frame, fate
from robustlib.figures.page.inks import BLUE, DIM, GREY, VERMILLION
from robustlib.figures.plots.canvas import raster, square

PIXELS = 220  # of a frame, width and height
LOSS, SLOPE = "the loss", "its reported slope"
WHERE = (
    "Horizontal: the way from the clean image (0) to the attacked one (1). Vertical: each picture its own scale, whose "
    "ends stand beside it; dotted: 0."
)


def way_frames(
    ways: Mapping[str, tuple[Sequence[float], Sequence[float]]],  # network -> losses and slopes, from 0 to 1
    *,
    caption: str,
    label: str = "defence:",
    alt: str = "Two curves on the way from a clean image to an attacked one, the loss and the slope of the loss",
) -> Fragment:
    """One slider over networks: the loss along a straight way, and beside it its derivative as autograd has it.

    Below each stands what it says in numbers. Raises: ValueError unless every network has two curves of the same length
    of 2 points or more, all finite.
    """
    lengths = {len(curve) for pair in ways.values() for curve in pair}
    if len(lengths) != 1 or min(lengths) < 2 or not all(np.isfinite(curve).all() for c in ways.values() for curve in c):
        raise ValueError(f"need a finite loss and slope at each of 2 points or more of every way, got {lengths} points")
    first = [Frame(_drawn(loss, BLUE), _said(loss)) for loss, _ in ways.values()]
    second = [Frame(_drawn(slope, VERMILLION), _zeros(slope)) for _, slope in ways.values()]
    rows = {"": {LOSS: first, SLOPE: second}}
    return fate(rows, list(ways), alt=alt, label=label, caption=f"{caption} {WHERE}", scale=1)


def _said(loss: Sequence[float]) -> str:
    return f"from {_short(loss[0])} to {_short(loss[-1])}"


def _zeros(slope: Sequence[float]) -> str:
    """At how many points there is no slope at all."""
    return f"exactly 0 at {int((np.asarray(slope) == 0).sum())} of {len(slope)} points"


def _short(value: float) -> str:
    """A number of any size in few characters."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.2g}" if abs(value) >= 0.01 else "0"


def _drawn(curve: Sequence[float], colour: str) -> Tensor:
    """A curve from its least to its greatest value, as pixels."""
    values = np.asarray(curve, float)
    low, high = min(0.0, values.min()), max(0.0, values.max())
    high = high if high > low else low + 1
    heights, zero = (values - low) / (high - low), -low / (high - low)
    ax = square(PIXELS)
    ax.set(xlim=(-0.24, 1.1), ylim=(-0.22, 1.08))
    ax.plot([0, 1], [zero, zero], color=GREY, linewidth=1, linestyle="dotted", zorder=0)
    for at, value in {0.0: low, 1.0: high}.items():
        ax.text(-0.03, at, _short(value), ha="right", va="center", fontsize=9, color=DIM)
    for at in (0.0, 0.5, 1.0):
        ax.text(at, -0.11, f"{at:g}", ha="center", va="center", fontsize=9, color=DIM)
    ax.plot(np.linspace(0, 1, len(values)), heights, color=colour, linewidth=1.6)
    return raster(ax)
