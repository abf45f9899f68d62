"""What an attack costs and what it achieves: accuracy over passes, and how near the minimum-norm attacks come."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.lines import Line2D

from robustlib.figures.page.picture import Picture, figure
from robustlib.figures.plots.curves import reading, stroke
from robustlib.figures.plots.style import canvas, look_of


def cost_curves(
    series: Mapping[str, Mapping[int, Any]],  # attack -> {passes: anything `reading` takes}
    *,
    floor: tuple[str, Any] | None = None,  # the strongest outcome known, drawn as a line across
    caption: str,
    alt: str | None = None,
) -> Picture:
    """Robust accuracy against the number of passes through the network, on a logarithmic axis."""
    drawn = canvas(5.2, 3.6)
    ax = drawn.add_subplot()
    words, handles = [], []
    for name, runs in series.items():
        passes, readings = list(runs), [reading(v) for v in runs.values()]
        share, low, high = (100 * np.array(column) for column in zip(*readings, strict=True))
        look = look_of(name)
        ax.plot(passes, share, **stroke(look))
        ax.fill_between(passes, low, high, color=look.colour, alpha=0.13, linewidth=0)
        handles.append(Line2D([], [], label=name, **stroke(look)))
        words.append(f"{name}: " + ", ".join(f"{s:.1f} % after {p}" for p, s in zip(passes, share, strict=True)))
    if floor is not None:
        level = 100 * reading(floor[1]).share
        ax.axhline(level, color="#444444", linestyle="dashed", linewidth=1.2)
        handles.append(Line2D([], [], color="#444444", linestyle="dashed", linewidth=1.2, label=floor[0]))
        words.append(f"{floor[0]}: {level:.1f} %")
    ax.set(xlabel="passes through the network per image", ylabel="robust accuracy in %", xscale="log")
    drawn.legend(handles=handles, loc="outside upper left", ncols=3)
    return figure(drawn, alt=alt or f"Robust accuracy against passes. {'; '.join(words)}.", caption=caption)


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
    words, handles = [], []
    for name, found in distances.items():
        sizes = np.sort([np.inf if d is None else d for d in found])
        left = 100 * (1 - np.arange(1, len(sizes) + 1) / len(sizes))
        finite = np.isfinite(sizes)
        look = look_of(name)
        ax.step(sizes[finite], left[finite], where="post", color=look.colour, linestyle=look.line)
        handles.append(Line2D([], [], label=name, **stroke(look) | {"marker": ""}))
        middle = np.median(sizes)
        words.append(f"{name}: median distance {middle:.2f}, {int((~finite).sum())} failures")
    for name, points in (budget or {}).items():
        readings = [reading(v) for v in points.values()]
        share, low, high = (100 * np.array(column) for column in zip(*readings, strict=True))
        look = look_of(name)
        ax.errorbar(list(points), share, [share - low, high - share], fmt=look.marker, color=look.colour, capsize=3)
        handles.append(Line2D([], [], label=name, color=look.colour, marker=look.marker, linestyle=""))
        words.append(f"{name}: " + ", ".join(f"{s:.0f} % at {e:g}" for e, s in zip(points, share, strict=True)))
    ax.set(xlabel=f"eps ({norm}, pixel units of [0, 1])", ylabel="robust accuracy in %")
    ax.set(xlim=(0, None), ylim=(-3, 103))
    drawn.legend(handles=handles, loc="outside upper left", ncols=3)
    return figure(drawn, alt=alt or f"Robust accuracy against eps in {norm}. {'; '.join(words)}.", caption=caption)
