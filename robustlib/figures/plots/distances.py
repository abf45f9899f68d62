"""What an attack costs and what it achieves: accuracy over passes, and how near the minimum-norm attacks come."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.lines import Line2D

from robustlib.figures.page.inks import BLACK
from robustlib.figures.page.picture import Picture
from robustlib.figures.plots.canvas import canvas, figure
from robustlib.figures.plots.reading import reading
from robustlib.figures.plots.series_styles import line_style, styles_of


def distance_curves(
    distances: Mapping[str, Sequence[float | None]],  # attack -> the distance of every image, None where it failed
    budget: Mapping[str, Mapping[float, Any]] | None = None,  # attack -> {eps: anything `reading` takes}
    *,
    norm: str = "L2",
    caption: str,
    alt: str | None = None,
) -> Picture:
    """The share of images whose nearest wrong image is farther than eps, beside the budget attacks at chosen eps.

    A minimum-norm attack gives the whole curve of robust accuracy over eps in one run; a budget attack gives a point.
    """
    drawn = canvas(5.2, 3.6)
    ax = drawn.add_subplot()
    words, handles, styles = [], [], styles_of([*distances, *(budget or {})])
    for name, found in distances.items():
        sizes = np.sort([np.inf if d is None else d for d in found])
        left = 100 * (1 - np.arange(1, len(sizes) + 1) / len(sizes))
        finite = np.isfinite(sizes)
        style = styles[name]
        ax.step(sizes[finite], left[finite], where="post", color=style.colour, linestyle=style.line)
        handles.append(Line2D([], [], label=name, **line_style(style) | {"marker": ""}))
        middle = np.median(sizes)
        words.append(f"{name}: median distance {middle:.2f}, {int((~finite).sum())} failures")
    for name, points in (budget or {}).items():
        readings = [reading(v) for v in points.values()]
        share, low, high = (100 * np.array(column) for column in zip(*readings, strict=True))
        style = styles[name]
        ax.errorbar(
            list(points),
            share,
            [share - low, high - share],
            marker=style.marker,
            linestyle="",
            color=style.colour,
            capsize=3,
        )
        handles.append(Line2D([], [], label=name, color=style.colour, marker=style.marker, linestyle=""))
        words.append(f"{name}: " + ", ".join(f"{s:.0f} % at {e:g}" for e, s in zip(points, share, strict=True)))
    ax.set(xlabel=f"eps ({norm}, pixel units of [0, 1])", ylabel="robust accuracy in %")
    ax.set(xlim=(0, None), ylim=(-3, 103))
    drawn.legend(handles=handles, loc="outside upper left", ncols=3)
    return figure(
        drawn,
        alt=alt or f"Robust accuracy against eps in {norm}. {'; '.join(words)}.",
        caption=caption,
        marks="Lines: minimum-norm attacks, one run each. Dots: attacks inside a radius, with 95 % intervals."
        if budget
        else "Lines: minimum-norm attacks, one run each.",
    )


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
    drawn = canvas(4.8, 1.2 + 0.36 * sum(len(inside) + 0.6 for inside in groups.values()))
    ax = drawn.add_subplot()
    styles = styles_of(name for inside in groups.values() for name in inside)
    y, ticks, words = 0.0, [], []
    for attack, inside in groups.items():
        first = y
        for name, at in inside.items():
            style = styles[name]
            ax.plot([at["low"], at["high"]], [y, y], color=style.colour, linewidth=4, alpha=0.45)
            ax.plot(at["median"], y, marker=style.marker, color=style.colour, markersize=7)
            ax.plot(at["mean"], y, "|", color=BLACK, markersize=11)
            said = f"{name} {at['median']:.2f}"
            ax.text(1.03, y, said, transform=ax.get_yaxis_transform(), va="center", fontsize=9.5)
            words.append(f"{attack}, {name}: median {at['median']:.2f}, mean {at['mean']:.2f} of {at['n']} images")
            y += 1
        ticks.append(((first + y - 1) / 2, attack))
        y += 0.6
    ax.set(yticks=[t for t, _ in ticks], yticklabels=[name for _, name in ticks], xlim=(0, None))
    ax.set_xlabel("\n".join(textwrap.wrap(measure, 44)))
    ax.set_title("median", loc="right", fontsize=9.5)
    ax.invert_yaxis()
    ax.grid(False, axis="y")
    return figure(
        drawn,
        alt=alt or f"{measure}. {'; '.join(words)}.",
        caption=caption,
        axes=f"Horizontal: {measure}. Vertical: one group for each of {', '.join(groups)}.",
        marks="Markers: medians; wide lines: the middle half of the images; strokes: means."
        if "median" not in caption
        else "",
    )
