"""Points of the plane drawn as their labels: one picture, or several layouts of the same points under one slider."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from robustlib.figures.page.fragment import Fragment
from robustlib.figures.page.frames import frames
from robustlib.figures.page.inks import BLACK
from robustlib.figures.page.picture import Picture
from robustlib.figures.plots.canvas import canvas, figure, raster, square
from robustlib.figures.plots.embedding import Points
from robustlib.figures.plots.style import CLASS_COLOURS

PIXELS = 250  # width and height of a picture
AXES = "Horizontal and vertical: the two numbers of each point."


def placed(z: Any, y: Any, *, caption: str) -> Picture:
    """A two-dimensional embedding as it is: equal axes with their scale, and a cross at the origin.

    Raises: ValueError unless z is (n, 2) with one label a point.
    """
    at, labels = np.asarray(torch.as_tensor(z).detach().cpu()), np.asarray(torch.as_tensor(y).cpu()).astype(int)
    if at.shape != (len(labels), 2):
        raise ValueError(f"need {len(labels)} points in two dimensions, one for each label, got {at.shape}")
    drawn = canvas(4.8, 4.0)
    ax = drawn.add_subplot(xlabel="first number", ylabel="second number")
    ax.set_aspect("equal", adjustable="datalim")
    _digits(ax, at, labels, 6)
    ax.plot(0, 0, "+", markersize=20, markeredgewidth=3, color=BLACK)
    alt = f"{len(at)} points in {len(np.unique(labels))} classes, each drawn as its label, and a cross at the origin"
    return figure(drawn, alt=alt, caption=caption, marks="Digits: images, in the colour of their class.")


def layouts(
    points: Mapping[float | str, Any],  # value of the slider -> (n, 2) points, tensor or array
    y: Any,  # (n,) labels, the same for all
    texts: Sequence[str],  # what is said of each
    *,
    label: str,
    alt: str,
    caption: str,
    shared: bool = False,  # one frame of axes for all, so that sizes compare; else each fills the picture
) -> Fragment:
    """One slider over layouts of the same points, each drawn as its label in the colour of its class.

    Raises: ValueError unless there is a layout, each is (n, 2), finite, with one label a point, and one text a layout.
    """
    labels = np.asarray(y).astype(int)
    laid = {value: np.asarray(at, float) for value, at in points.items()}
    shapes = sorted({at.shape for at in laid.values()})
    if shapes != [(len(labels), 2)] or not all(np.isfinite(at).all() for at in laid.values()):
        raise ValueError(f"need layouts of {len(labels)} finite points in two dimensions, got {shapes or 'no layout'}")
    everything = np.concatenate(list(laid.values()))
    pictures = [drawn_map(at, labels, everything if shared else at) for at in laid.values()]
    return frames(pictures, list(laid), texts, alt=alt, label=label, caption=f"{caption} {AXES}", scale=1)


def plane(box: Points) -> Axes:
    """Axes that fill a picture, around the points in `box` with as much room on all sides."""
    ax = square(PIXELS)
    middle = (box.max(0) + box.min(0)) / 2
    reach = 0.55 * max(float(np.ptp(box, axis=0).max()), 1e-9)
    ax.set(xlim=(middle[0] - reach, middle[0] + reach), ylim=(middle[1] - reach, middle[1] + reach))
    return ax


def drawn_map(at: Points, labels: np.ndarray, box: Points | None = None) -> Tensor:
    """One layout as an image, on the axes of `box` or on its own."""
    ax = plane(at if box is None else box)
    _digits(ax, at, labels, 5)
    return raster(ax)


def _digits(ax: Axes, at: Points, labels: np.ndarray, size: float) -> None:
    """Each point as its label in the colour of its class."""
    for k in map(int, np.unique(labels)):
        colour = CLASS_COLOURS[k % len(CLASS_COLOURS)]
        ax.plot(*at[labels == k].T, linestyle="", marker=f"${k}$", markersize=size, color=colour, markeredgewidth=0.2)
