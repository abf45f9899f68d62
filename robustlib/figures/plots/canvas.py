"""What is drawn on, and how it comes into a page: a picture with words, or the pixels that a control shows."""

from io import BytesIO

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from robustlib.figures.page.picture import Picture


def canvas(width: float = 4.8, height: float = 3.2) -> Figure:
    """An empty figure of this size in inches that no notebook shows by itself: `figure` gives it words and shows it."""
    drawn = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(drawn)
    return drawn


def figure(drawn: Figure, *, alt: str, caption: str, dpi: int = 120, colours: int = 40) -> Picture:
    """A matplotlib figure as a picture: lossless WebP of a few colours, alt text, caption.

    Raises: ValueError if alt or caption is empty.
    """
    if not alt.strip():
        raise ValueError("alt is empty; say what the figure shows to a reader who cannot see it")
    if not caption.strip():
        raise ValueError("caption is empty; say what to look at, and norm, eps, n, seeds (see `caption`)")
    raw = BytesIO()
    drawn.draw_without_rendering()  # the layout once more: a name beside the axes moves when they shrink
    drawn.savefig(raw, format="png", dpi=dpi, facecolor="white")
    picture = Image.open(raw).convert("RGB").quantize(colours, dither=Image.Dither.NONE)
    out = BytesIO()
    picture.convert("RGB").save(out, "WEBP", lossless=True, quality=100, method=4)
    return Picture(out.getvalue(), alt, caption, round(drawn.get_figwidth() * 115))


def square(pixels: int) -> Axes:
    """Axes without ticks that fill a square picture of this width and height."""
    drawn = canvas(pixels / 100, pixels / 100)
    drawn.set_layout_engine("none")
    drawn.set_dpi(100)
    ax = drawn.add_axes((0.0, 0.0, 1.0, 1.0))
    ax.set_axis_off()
    return ax


def raster(ax: Axes) -> Tensor:
    """The picture that holds these axes, as an image of the library: 3 h w in [0, 1]."""
    drawn = ax.get_figure()
    drawn.canvas.draw()  # type: ignore[union-attr]
    pixels = np.asarray(drawn.canvas.buffer_rgba(), np.float32)[..., :3] / 255  # type: ignore[union-attr]
    return torch.from_numpy(pixels).permute(2, 0, 1)
