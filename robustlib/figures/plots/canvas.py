"""What is drawn on, and how it comes into a page: a picture with words, or the pixels that a control shows."""

import re

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import Tensor

from robustlib.figures.page.picture import Picture
from robustlib.figures.page.sprite import DRAWN
from robustlib.figures.plots.vector import vector

PIXELS = 115  # CSS pixels an inch: 552 for 4.8 inches


def canvas(width: float = 4.8, height: float = 3.2) -> Figure:
    """An empty figure of this size in inches that no notebook shows by itself: `figure` gives it words and shows it."""
    drawn = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(drawn)
    return drawn


def figure(drawn: Figure, *, alt: str, caption: str, axes: str | None = None, marks: str = "") -> Picture:
    """A matplotlib figure as a picture: vectors in the page's colours, alt text, and a caption that says what is drawn.

    The caption ends with the names of both axes, taken from the drawing, and with `marks`: what lines, bands and dots
    are. Where an axis has no name to take (rows with names, a plane without scale), `axes` says in words what they are.

    Raises: ValueError if alt, caption or axes is empty, or an axis with a scale has no name and `axes` is not given.
    """
    if not alt.strip():
        raise ValueError("alt is empty; say what the figure shows to a reader who cannot see it")
    if not caption.strip():
        raise ValueError("caption is empty; say what to look at, and norm, eps, n, seeds (see `caption`)")
    if axes is not None and not axes.strip():
        raise ValueError("axes is empty; say what the horizontal and the vertical axis are, or leave it to the labels")
    drawn.draw_without_rendering()  # the layout once more: a name beside the axes moves when they shrink
    if re.search(rf"\b{marks.partition(':')[0].rstrip('s')}s?(:| are)", caption, re.IGNORECASE):
        marks = ""  # the author has said it: "Band: all five draws."
    words = " ".join(part for part in (caption.strip(), axes or axes_in_words(drawn), marks) if part)
    width, height = drawn.get_size_inches()
    return Picture(vector(drawn), alt, words, (72 * width, 72 * height), round(PIXELS * width), drawn)


def axes_in_words(drawn: Figure) -> str:
    """The names of the axes: "Horizontal: eps. Vertical: robust accuracy in %."

    Raises: ValueError if an axis with a scale has no name, and no axis that shares it has one.
    """
    said: dict[str, list[str]] = {"Horizontal": [], "Vertical": []}
    for i, ax in enumerate(drawn.axes, 1):
        for way, side, shared in zip(said, ("x", "y"), (ax.get_shared_x_axes(), ax.get_shared_y_axes()), strict=True):
            names = [_name(other, side) for other in (ax, *shared.get_siblings(ax))]
            if ax.axison and not any(names):
                raise ValueError(
                    f"the {way.lower()} axis of panel {i} has no name, so the caption cannot say what it is; set "
                    f"{side}label, or say in `axes=` what both axes are"
                )
            said[way] += [name for name in filter(None, names[:1] if names[0] else names) if name not in said[way]]
    return " ".join(f"{way}: {'; '.join(dict.fromkeys(names))}." for way, names in said.items() if names)


def _name(ax: Axes, side: str) -> str:
    """What the horizontal or vertical axis is called."""
    return " ".join(ax.get_xlabel().split() if side == "x" else ax.get_ylabel().split())


def square(pixels: int) -> Axes:
    """Axes without ticks that fill a square picture of this width and height."""
    drawn = canvas(pixels / 100, pixels / 100)
    drawn.set_layout_engine("none")
    drawn.set_dpi(100)
    ax = drawn.add_axes((0.0, 0.0, 1.0, 1.0))
    ax.set_axis_off()
    return ax


def raster(ax: Axes) -> Tensor:
    """The drawing that holds these axes, without ground and at double resolution: 4 h w in [0, 1], the last opacity."""
    drawn = ax.get_figure(root=True)
    assert drawn is not None
    drawn.set_dpi(100 * DRAWN)
    drawn.patch.set_visible(False)
    board = FigureCanvasAgg(drawn)
    board.draw()
    pixels = np.asarray(board.buffer_rgba(), np.float32) / 255
    return torch.from_numpy(pixels).permute(2, 0, 1)
