"""Toy pictures of the idea: what a triplet does, and why distance in the embedding is not distance in the image."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from robustlib.figures.images import Picture, figure
from robustlib.figures.style import canvas

LABEL: dict[str, Any] = {"ha": "center", "fontsize": 10}


def _triplet(ax: Axes, positive: tuple[float, float], negative: tuple[float, float], margin: float, title: str) -> None:
    """Anchor in the middle, the circle through the positive, and the circle a margin further out."""
    near = float(np.hypot(*positive))
    ax.add_patch(Circle((0, 0), near, fill=False, linestyle="dotted", color="#0072B2", linewidth=1.4))
    ax.add_patch(Circle((0, 0), near + margin, fill=False, linestyle="dashed", color="#D55E00", linewidth=1.4))
    ax.plot([0, positive[0]], [0, positive[1]], color="#0072B2", linewidth=1)
    ax.plot([0, negative[0]], [0, negative[1]], color="#D55E00", linewidth=1, linestyle="dashed")
    ax.plot(0, 0, "o", color="black", markersize=9)
    ax.plot(*positive, "s", color="#0072B2", markersize=9)
    ax.plot(*negative, "X", color="#D55E00", markersize=11)
    for point, word in (((0, 0), "anchor"), (positive, "positive"), (negative, "negative")):
        ax.annotate(word, point, xytext=(0, -17), textcoords="offset points", **LABEL)
    loss = max(0.0, near - float(np.hypot(*negative)) + margin)
    ax.set_title(f"{title}: loss {loss:.1f}")
    ax.set(xlim=(-2.9, 2.9), ylim=(-2.9, 2.9), aspect="equal", xticks=[], yticks=[])
    ax.grid(False)


def triplet_toy(margin: float = 1.0) -> Picture:
    r"""Before and after one triplet is satisfied: the negative leaves the circle a margin outside the positive.

    .. math:: L = \max(0,\ d(a, p) - d(a, n) + m)

    Raises: ValueError unless 0 < margin <= 1.8 (the circle has to fit into the picture).
    """
    if not 0 < margin <= 1.8:
        raise ValueError(f"need 0 < margin <= 1.8, got {margin}")
    drawn = canvas(5.2, 3.1)
    before, after = drawn.subplots(1, 2)
    _triplet(before, (1.3, 0.9), (-1.0, 0.7), margin, "before")
    reach = 0.7 + margin + 0.25
    _triplet(after, (0.55, 0.43), (-0.82 * reach, 0.57 * reach), margin, "after")
    return figure(
        drawn,
        alt="Two panels. Before: the negative lies as near to the anchor as the positive, inside both circles. After: the "
        f"positive is near the anchor and the negative lies outside the dashed circle, {margin:g} beyond the positive.",
        caption=f"What a triplet asks for. Dotted: distance to the positive; dashed: {margin:g} (the margin) further out. "
        "Once the negative is outside the dashed circle, the loss is 0 and pulls no more.",
    )


def distance_toy(steepness: float = 30.0) -> Picture:
    r"""Two classes far apart in the embedding and close in the image: one feature :math:`z = \tanh(s\,(x - 0.5))`.

    Raises: ValueError unless steepness >= 8: below that the feature does not saturate inside [0, 1].
    """
    if steepness < 8:
        raise ValueError(f"need steepness >= 8, got {steepness}")
    x = np.linspace(0, 1, 400)
    z = np.tanh(steepness * (x - 0.5))
    step = 1.5 / steepness
    drawn = canvas(5.2, 3.4)
    ax = drawn.add_subplot()
    ax.plot(x, z, color="black")
    for low, high, colour, line in ((0.05, 0.35, "#0072B2", "dotted"), (0.5 - step, 0.5 + step, "#D55E00", "dashed")):
        at = np.tanh(steepness * (np.array([low, high]) - 0.5))
        ax.vlines([low, high], -1.25, at, color=colour, linestyle=line, linewidth=1.4)
        ax.hlines(at, 0, [low, high], color=colour, linestyle=line, linewidth=1.4)
        ax.plot([low, high], at, "s" if line == "dotted" else "X", color=colour, markersize=8)
        ax.text((low + high) / 2, -1.17, f"{high - low:.2g} in x", color="black", **LABEL)
        ax.text((low + high) / 2, at.mean() + 0.16 if line == "dotted" else 1.1, f"{at[1] - at[0]:.2g} in z", **LABEL)
    ax.set(xlabel="image x (one pixel)", ylabel="feature z", xlim=(0, 1), ylim=(-1.25, 1.3))
    return figure(
        drawn,
        alt=f"A steep S-shaped curve of feature against pixel. A long step of 0.3 on the flat part moves the feature by "
        f"almost nothing; a short step of {2 * step:.2g} across the steep part moves it by {2 * np.tanh(1.5):.2g}.",
        caption="Distance in the embedding is not distance in the image. The triplet loss sets the height of the jump; only "
        "the slope says how small a change of the image crosses it, and the loss does not look at the slope.",
    )
