"""Curves: robust accuracy over eps with its intervals, and training over the epochs."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from robustlib.figures.page.inks import DIM, GREY
from robustlib.figures.page.picture import Picture
from robustlib.figures.plots.canvas import canvas, figure
from robustlib.figures.plots.looks import SeriesStyle
from robustlib.figures.plots.reading import BANDS, reading
from robustlib.figures.plots.series_styles import Name, line_style, styles_of


@runtime_checkable
class Logged(Protocol):
    """What training left: numbers by term and epoch, as `History` holds them."""

    terms: dict[str, list[float]]


def _name_at_the_end(
    ax: Axes, names: Sequence[tuple[str, SeriesStyle]], ends: Sequence[tuple[float, float]], gap: float
) -> None:
    """Write each series' name right of its last point, beside a sample of its line, with room between the names."""
    order = np.argsort([end for _, end in ends], kind="stable")
    at = np.asarray([end for _, end in ends], float)[order]
    for i in range(1, len(at)):
        at[i] = max(at[i], at[i - 1] + gap)
    at -= max(0.0, at[-1] - 100)
    across = ax.get_yaxis_transform()
    leader = {"arrowstyle": "-", "color": GREY, "lw": 0.7, "shrinkA": 0, "shrinkB": 3}
    for height, k in zip(at, order, strict=True):
        name, style = names[k]
        ax.annotate("", ends[k], (1.04, height), "data", across, leader, annotation_clip=False)
        sample = Line2D(
            [1.04, 1.1, 1.16], [height] * 3, transform=across, clip_on=False, markevery=[1], **line_style(style)
        )
        ax.add_artist(sample)
        ax.text(1.19, height, name, transform=across, va="center", fontsize=10)


def robust_accuracy_curves(
    series: Mapping[Name, Sequence[Any] | Mapping[float, Any]],  # anything `reading` takes, per eps
    eps: Sequence[float] | None = None,  # None where each series is {eps: outcome}, as `sweep` returns it
    *,
    caption: str,
    attack: str = "the attack",
    measure: str = "robust accuracy",  # what the vertical axis shows, in %
    mark: tuple[float, str] | None = None,  # an eps to point out, and what it is called
    alt: str | None = None,
) -> Picture:
    """Robust accuracy against eps, a line and a 95 % band for each series: method, attack, or both.

    Raises: ValueError if a series is not as long as eps.
    """
    drawn = canvas(5.4, 3.4)
    ax = drawn.add_subplot()
    names, ends, words, styles = [], [], [], styles_of(series)
    for name, values in series.items():
        radii = list(values) if isinstance(values, Mapping) else list(eps or ())
        readings = [reading(v) for v in (values.values() if isinstance(values, Mapping) else values)]
        if len(radii) != len(readings) or not radii:
            raise ValueError(f"{name!r} has {len(readings)} readings for {len(radii)} values of eps; pass one for each")
        share, low, high = (100 * np.array(column) for column in zip(*readings, strict=True))
        said, style = name if isinstance(name, str) else ", ".join(name), styles[name]
        ax.plot(radii, share, **line_style(style))
        ax.fill_between(radii, low, high, color=style.colour, alpha=0.18, linewidth=0)
        names.append((said, style))
        ends.append((radii[-1], share[-1]))
        words.append(f"{said}: " + ", ".join(f"{s:.0f} % at {r:g}" for r, s in zip(radii, share, strict=True)))
    if mark is not None:
        ax.axvline(mark[0], color=GREY, linewidth=1)
        ax.annotate(mark[1], (mark[0], 94), xytext=(4, 0), textcoords="offset points", fontsize=9, color=DIM)
    ax.set(xlabel="eps (pixel units of [0, 1])", ylabel=f"{measure} in %", ylim=(-3, 103))
    _name_at_the_end(ax, names, ends, 8)
    return figure(
        drawn,
        alt=alt or f"{measure[:1].upper()}{measure[1:]} under {attack} against eps. {'; '.join(words)}.",
        caption=caption,
        marks=BANDS,
    )


def training_curves(histories: Mapping[str, Logged], *, caption: str, alt: str | None = None) -> Picture:
    """The objective's terms over the epochs, one panel for each term, because their units differ."""
    terms = list(dict.fromkeys(term for history in histories.values() for term in history.terms))
    drawn = canvas(4.8, 1.2 + 1.5 * len(terms))
    panels = drawn.subplots(len(terms), 1, sharex=True, squeeze=False)[:, 0]
    words, styles = [], styles_of(histories)
    for ax, term in zip(panels, terms, strict=True):
        for name, history in histories.items():
            if not (values := history.terms.get(term)):
                continue
            ax.plot(np.arange(1, len(values) + 1), values, **line_style(styles[name]))
            words.append(f"{name}, {term}: from {values[0]:.3g} to {values[-1]:.3g} in {len(values)} epochs")
        ax.set(ylabel=term, ylim=(0, None))
        ax.xaxis.get_major_locator().set_params(integer=True)
    panels[-1].set_xlabel("epoch")
    samples = [Line2D([], [], label=name, **line_style(styles[name])) for name in histories]
    drawn.legend(handles=samples, loc="outside upper left", ncols=3)
    return figure(drawn, alt=alt or f"Training curves. {'; '.join(words)}.", caption=caption)
