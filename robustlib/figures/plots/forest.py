"""Paired differences as a forest plot: each a dot with two intervals, a line at none, and a published one beside."""

from collections.abc import Mapping
from itertools import accumulate, pairwise
from typing import Any, Protocol

from matplotlib.lines import Line2D
from matplotlib.transforms import blended_transform_factory

from robustlib.figures.page.inks import BLACK, DIM
from robustlib.figures.page.picture import Picture
from robustlib.figures.plots.canvas import canvas, figure
from robustlib.figures.plots.dot_panels import GROUND, labels
from robustlib.figures.plots.series_styles import styles_of

OVER = ("over images", "over seeds")
STROKES: Any = ("solid", (0, (2.5, 1)))
DODGE = 0.2  # rows: how far the two intervals of one difference lie apart


class Paired(Protocol):
    """A difference in shares, and half of its 95 % interval over images and, for several seeds, over seeds."""

    @property
    def value(self) -> float: ...
    @property
    def images(self) -> float: ...
    @property
    def seeds(self) -> float | None: ...
    @property
    def count(self) -> int: ...  # seeds


def forest(
    groups: Mapping[str, Mapping[str, Paired | None]],  # setting -> name -> its difference; None: not run
    *,
    caption: str,
    measure: str,  # what differs: "robust accuracy less that of no triplet, in points"
    mark: tuple[float, str] | None = None,  # a published difference, in points, and what it is called
    alt: str | None = None,
) -> Picture:
    """A line for each difference under its setting: solid the 95 % interval over images, dashed that over seeds.

    What was not run is left out, and the caption says it. Raises: ValueError if nothing was run.
    """
    there = {g: {name: d for name, d in inside.items() if d is not None} for g, inside in groups.items()}
    missing = [
        f"{g}, {name}" if there[g] else g for g, inside in groups.items() for name in inside if not there[g].get(name)
    ]
    there = {group: inside for group, inside in there.items() if inside}
    if not there:
        raise ValueError(f"no difference of {', '.join(groups) or 'no setting'} was run, so there is none to draw")
    rows = [(group, name) for group, inside in there.items() for name in ("", *inside)]
    names = labels([name or f"{group}:" for group, name in rows])
    places = [0.0, *accumulate(max(1.0, 0.55 * (name.count("\n") + 1)) for name in names)]
    places = [(a + b) / 2 for a, b in pairwise(places)]
    drawn = canvas(4.8, 1.45 + 0.33 * places[-1])
    ax = drawn.add_subplot(xlabel=measure, ylim=(places[-1] + 0.8, -0.2))
    ax.axvline(0, color=BLACK, linewidth=1)
    words, both, looks = [], False, styles_of(name for _, name in rows if name)
    for y, (group, name) in zip(places, rows, strict=True):
        if not name:
            continue
        found, look = there[group][name], looks[name]
        halves = [half for half in (found.images, found.seeds) if half is not None]
        both |= len(halves) > 1
        value, said = 100 * found.value, []
        for half, stroke, away, over in zip(halves, STROKES, (-DODGE, DODGE), OVER, strict=False):
            at = y + away * (len(halves) > 1)
            ends = [value - 100 * half, value + 100 * half]
            ax.plot(ends, [at, at], color=look.colour, linestyle=stroke, linewidth=2.2)
            said.append(f"[{ends[0]:+.2f}, {ends[1]:+.2f}] {over}")
        ax.plot(value, y, look.marker, color=look.colour, markersize=6.5, zorder=3)
        number = f"{value:+.2f}".replace("-", "−")
        ax.text(1.02, y, number, transform=ax.get_yaxis_transform(), va="center", fontsize=9.5)
        seeds = f"{found.count} seed{'s' * (found.count > 1)}"
        words.append(f"{group}, {name}: {value:+.2f} points {', '.join(said)}, {seeds}")
    if mark is not None:
        ax.axvline(mark[0], color=DIM, linewidth=1.4, linestyle="dashdot")
        where = blended_transform_factory(ax.transData, ax.transAxes)
        ax.text(mark[0], 1.01, f"{mark[0]:+.2f}", transform=where, ha="center", va="bottom", fontsize=9, color=DIM,
                bbox=GROUND)  # fmt: skip
        words.append(f"marked: {mark[1]}, {mark[0]:+.2f}")
    ax.set_yticks(places, names)
    for tick, (_, name) in zip(ax.get_yticklabels(), rows, strict=True):
        tick.set_fontweight("normal" if name else "bold")
    ax.grid(False, axis="y")
    key = [Line2D([], [], color=DIM, linewidth=2.2, linestyle="solid", label="95 % interval over images")]
    key += [Line2D([], [], color=DIM, linewidth=2.2, linestyle=STROKES[1], label="over seeds")] * both
    key += [Line2D([], [], color=DIM, linewidth=1.4, linestyle="dashdot", label=mark[1])] if mark else []
    drawn.legend(handles=key, loc="outside upper left", ncols=2 if len(key) < 3 else 1)
    return figure(
        drawn,
        alt=alt or f"Forest plot of the {measure}. {'; '.join(words)}.",
        caption=f"{caption} Not run: {'; '.join(dict.fromkeys(missing))}." if missing else caption,
        axes=f"Horizontal: {measure}. Vertical: one line for each difference, by setting.",
        marks="Markers: the mean over the seeds.",
    )
