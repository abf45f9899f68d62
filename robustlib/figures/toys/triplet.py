"""Toy pictures of the idea: what a triplet does, and why distance in the embedding is not distance in the image."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from robustlib.figures.page.inks import BLACK, BLUE, PAPER, VERMILLION
from robustlib.figures.page.picture import Picture
from robustlib.figures.plots.canvas import canvas, figure

GROUND = {"boxstyle": "square,pad=0.05", "facecolor": PAPER, "edgecolor": "none"}  # no line runs through a word
Spot = tuple[float, float]


def _triplet(ax: Axes, positive: Spot, negative: Spot, margin: float, title: str) -> None:
    """Anchor in the middle, the circle through the positive, and the one where the squared distance is m larger."""
    near, far = float(np.hypot(*positive)), float(np.hypot(*negative))
    ax.add_patch(Circle((0, 0), near, fill=False, linestyle="dotted", color=BLUE, linewidth=1.4))
    ax.add_patch(
        Circle(
            (0, 0),
            float(np.hypot(near, np.sqrt(margin))),
            fill=False,
            linestyle="dashed",
            color=VERMILLION,
            linewidth=1.4,
        )
    )
    ax.plot([0, positive[0]], [0, positive[1]], color=BLUE, linewidth=1)
    ax.plot([0, negative[0]], [0, negative[1]], color=VERMILLION, linewidth=1, linestyle="dashed")
    marks = (((0.0, 0.0), "anchor", "o", BLACK, -17), (positive, "positive", "s", BLUE, 9))
    for point, word, marker, colour, above in (*marks, (negative, "negative", "X", VERMILLION, 9)):
        ax.plot(*point, marker, color=colour, markersize=10)
        ax.annotate(word, point, xytext=(0, above), textcoords="offset points", ha="center", fontsize=10, bbox=GROUND)
    ax.set_title(f"{title}: loss {max(0.0, near**2 - far**2 + margin):.1f}")
    ax.set(xlim=(-2.2, 2.2), ylim=(-2.2, 2.2), aspect="equal")
    ax.set_axis_off()


def triplet_toy(margin: float = 1.0) -> Picture:
    r"""Before and after one triplet is satisfied: the negative leaves the circle a margin outside the positive.

    .. math:: L = \max(0,\ \|a - p\|^2 - \|a - n\|^2 + m)

    Raises: ValueError unless 0 < margin <= 1.2 (the circles have to fit into the picture).
    """
    if not 0 < margin <= 1.2:
        raise ValueError(f"need 0 < margin <= 1.2, got {margin}")
    drawn = canvas(4.8, 2.7)
    before, after = drawn.subplots(1, 2)
    _triplet(before, (1.3, 0.9), (-1.0, 0.7), margin, "before")
    reach = float(np.hypot(0.9, np.sqrt(margin))) + 0.25
    _triplet(after, (0.74, 0.51), (-0.82 * reach, 0.57 * reach), margin, "after")
    return figure(
        drawn,
        alt="Two panels. Before: the negative lies as near to the anchor as the positive, inside both circles. After: "
        "the positive is nearer and the negative lies outside the dashed circle, where "
        f"the loss with margin {margin:g} is 0.",
        caption="What a triplet asks for. Dotted: as far as the positive. Dashed: where the squared distance is larger "
        f"by the margin, here {margin:g}. Once the negative is outside the dashed circle, the loss is 0: no more pull.",
        axes="Horizontal and vertical: the two numbers of an embedding.",
    )
