"""Stored maps of embeddings side by side, and how far attacks had to go: figures 1b, 1c and 2b of Pang et al. 2018."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from robustlib.figures.page.picture import Picture
from robustlib.figures.plots.canvas import canvas, figure
from robustlib.figures.plots.style import CLASS_COLOURS


def maps(
    stored: Mapping[str, Mapping[str, Any]],  # name -> {"x": [...], "y": [...], "label": [...]}, one point an image
    *,
    caption: str,
    alt: str | None = None,
) -> Picture:
    """One panel for each embedding, the points as digits of their class in its colour.

    Raises: ValueError if there is none, or coordinates and labels differ in number.
    """
    if not stored:
        raise ValueError("there is no map to draw")
    drawn = canvas(3.1 * len(stored), 3.2)
    panels = drawn.subplots(1, len(stored), squeeze=False)[0]
    for ax, (name, points) in zip(panels, stored.items(), strict=True):
        x, y, label = (np.asarray(points[key]) for key in ("x", "y", "label"))
        if not len(x) == len(y) == len(label) > 0:
            raise ValueError(f"{name}: {len(x)} and {len(y)} coordinates for {len(label)} labels")
        for c in np.unique(label):
            own = label == c
            ax.scatter(x[own], y[own], s=18, color=CLASS_COLOURS[c % 10], marker=f"${c}$", linewidths=0.2)
        ax.set(xticks=[], yticks=[], title=name)
        ax.grid(visible=False)
    words = ", ".join(f"{name} with {len(points['label'])} images" for name, points in stored.items())
    return figure(
        drawn,
        alt=alt or f"Maps of the embeddings of {words}; one cluster for each class.",
        caption=caption,
        axes="Horizontal and vertical: the two numbers of the map, which have no unit.",
        marks="Digits: images, in the colour of their class.",
    )
