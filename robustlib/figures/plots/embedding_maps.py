"""Stored maps of embeddings side by side, and how far attacks had to go: figures 1b, 1c and 2b of Pang et al. 2018."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from robustlib.figures.page.picture import Picture, figure
from robustlib.figures.plots.embedding import CLASS_COLOURS
from robustlib.figures.plots.style import canvas, look_of


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
    return figure(drawn, alt=alt or f"Maps of the embeddings of {words}; one cluster for each class.", caption=caption)


def distance_bars(
    groups: Mapping[str, Mapping[str, Mapping[str, float]]],  # attack -> network -> mean, median, low, high, n
    *,
    caption: str,
    measure: str = "distortion, L2 over the root of d, pixels in 0 .. 255",
    alt: str | None = None,
) -> Picture:
    """The median distance with its quartiles for each attack and network, the mean as a mark.

    Raises: ValueError if there is nothing to draw.
    """
    if not groups:
        raise ValueError("there is no distance to draw")
    drawn = canvas(4.8, 1.0 + 0.36 * sum(len(inside) + 0.6 for inside in groups.values()))
    ax = drawn.add_subplot()
    y, ticks, words = 0.0, [], []
    for attack, inside in groups.items():
        first = y
        for name, at in inside.items():
            look = look_of(name)
            ax.plot([at["low"], at["high"]], [y, y], color=look.colour, linewidth=4, alpha=0.45)
            ax.plot(at["median"], y, look.marker, color=look.colour, markersize=7)
            ax.plot(at["mean"], y, "|", color="black", markersize=11)
            ax.annotate(
                f"{name} {at['median']:.2f}", (at["high"], y), (6, -3), textcoords="offset points", fontsize=9.5
            )
            words.append(f"{attack}, {name}: median {at['median']:.2f}, mean {at['mean']:.2f} of {at['n']} images")
            y += 1
        ticks.append(((first + y - 1) / 2, attack))
        y += 0.6
    ax.set(yticks=[t for t, _ in ticks], yticklabels=[name for _, name in ticks], xlabel=measure, xlim=(0, None))
    ax.invert_yaxis()
    ax.margins(x=0.25)
    ax.set_xlim(0, ax.get_xlim()[1])
    return figure(drawn, alt=alt or f"{measure}. {'; '.join(words)}.", caption=caption)
