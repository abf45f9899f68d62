"""How well detectors tell clean from adversarial images: ROC curves, and the AUC against the kernel's width."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from robustlib.figures.page.inks import DIM, GREY
from robustlib.figures.page.picture import Picture
from robustlib.figures.plots.canvas import canvas, figure
from robustlib.figures.plots.detector_styles import auc_of, detector_style, detector_styles
from robustlib.figures.plots.looks import Line
from robustlib.figures.plots.reading import BANDS
from robustlib.figures.plots.series_styles import Name, line_style

DASHES: Any = (0, (4, 3))
SOLID: Any = "solid"


def roc_figure(
    records: Mapping[Name, Mapping[str, Any]],  # as Detection.record() gives them
    *,
    caption: str,
    log: bool = False,  # a logarithmic axis of false positives, which shows what happens at 1 % and below
    alt: str | None = None,
) -> Picture:
    """ROC curves with the 1 % and 5 % lines, where a mark with its 95 % interval says what was caught.

    The marks' thresholds come from the held-out images, so they may lie beside the lines. A logarithmic axis begins at
    one image in the largest clean set; what is caught at no false positive is drawn there.
    Raises: ValueError if there is no record, or one of no images.
    """
    if not records:
        raise ValueError("there is no record to draw; pass {name: Detection(...).record()}")
    drawn = canvas(4.8, 3.5 + 0.21 * len(records))
    ax = drawn.add_subplot()
    left = 100 / max(record["normal"] for record in records.values())
    words, handles, styles = [], [], detector_styles(records)
    for name, record in records.items():
        said, style = styles[name]
        auc, low, high = auc_of(record, said)
        false, true = (100 * np.array(record["roc"][side]) for side in ("false", "true"))
        if log:
            kept = max(int(np.searchsorted(false, 0, side="right")) - 1, 0)
            false, true = np.maximum(false[kept:], left), true[kept:]
        ax.plot(false, true, color=style.colour, linestyle=style.line)
        caught = []
        for level in record["caught"]:
            share, below, above = (100 * record["caught"][level][part] for part in ("share", "low", "high"))
            at = max(100 * record["refused"][level]["share"], left if log else 0)
            bar = [[max(share - below, 0)], [max(above - share, 0)]]
            ax.errorbar(
                at, share, bar, marker=style.marker, linestyle="", color=style.colour, capsize=3, markersize=5, zorder=3
            )
            caught.append(f"{share:.0f} % caught at {100 * float(level):g} %")
        handles.append(Line2D([], [], label=f"{said}: AUC {auc:.3f} [{low:.3f}, {high:.3f}]", **line_style(style)))
        words.append(f"{said}: AUC {auc:.3f}, {' and '.join(caught)}")
    for level, side in ((1, "right"), (5, "left")):
        _mark(ax, level, f"{level} %", (0, (2, 2)), DIM, side)
    chance = np.geomspace(left, 100, 60) if log else np.array([0.0, 100.0])
    ax.plot(chance, chance, color=GREY, linewidth=1, zorder=1)
    ax.set(xlabel="clean images refused, in %", ylabel="attacks caught, in %", ylim=(-3, 103))
    ax.set(**{"xscale": "log", "xlim": (left * 0.9, 110)} if log else {"xlim": (-2, 102)})
    if log:
        ax.xaxis.set_major_formatter("{x:g}")
    drawn.legend(handles=handles, loc="outside lower center")
    axis = ", on a logarithmic axis" if log else ""
    return figure(
        drawn,
        alt=alt or f"ROC curves{axis}. {'; '.join(words)}.",
        caption=caption,
        marks="Dots: what is caught at a threshold set on held-out images, with its 95 % interval. Grey: chance.",
    )


def gamma_figure(
    series: Mapping[Name, Mapping[float, Any]],  # what -> {gamma: a record, or AUC, low and high}
    *,
    printed: Mapping[str, float],  # whose -> the paper's gamma
    chosen: Mapping[str, float],  # whose -> the gamma that the rule chose
    caption: str,
    alt: str | None = None,
) -> Picture:
    """The AUC against gamma, the inverse of the kernel's squared width, with 95 % bands and the values in question.

    Dashed lines with a P are printed, solid ones with a C are chosen, in the colour of the network they belong to.
    Raises: ValueError for a gamma that is not above 0, or a series without values.
    """
    drawn = canvas(4.8, 3.7 + 0.11 * len(series))
    ax = drawn.add_subplot()
    words, handles, styles = [], [], detector_styles(series)
    for name, values in series.items():
        said, style = styles[name]
        gammas = sorted(values)
        if not gammas or gammas[0] <= 0:
            raise ValueError(f"{said} needs an AUC for each of some gamma > 0, got gamma = {gammas}")
        auc, low, high = (100 * np.array(part) for part in zip(*(auc_of(values[g], said) for g in gammas), strict=True))
        ax.plot(gammas, auc, markersize=4.5, **line_style(style))
        ax.fill_between(gammas, low, high, color=style.colour, alpha=0.15, linewidth=0)
        handles.append(Line2D([], [], label=said, **line_style(style)))
        words.append(f"{said}: " + ", ".join(f"{a:.1f} % at {g:.3g}" for g, a in zip(gammas, auc, strict=True)))
    for marks, sign, line, height in ((printed, "P", DASHES, 1.02), (chosen, "C", SOLID, 1.08)):
        for place, (name, gamma) in enumerate(marks.items()):
            _mark(ax, gamma, sign, line, detector_style(name)[1].colour, "left" if place % 2 else "right", height)
    words += [f"printed gamma of {name}: {gamma:g}" for name, gamma in printed.items()]
    words += [f"chosen gamma of {name}: {gamma:.3g}" for name, gamma in chosen.items()]
    for line, label in ((DASHES, "P: printed"), (SOLID, "C: chosen")):
        handles.append(Line2D([], [], color=DIM, linewidth=1.2, linestyle=line, label=label))
    ax.axhline(50, color=GREY, linewidth=1, zorder=1)
    ax.set(xscale="log")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set(xlabel="gamma = 1 / sigma²", ylabel="AUC in %")
    drawn.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure(
        drawn,
        alt=alt or f"AUC against gamma on a logarithmic axis. {'; '.join(words)}.",
        caption=caption,
        axes="Horizontal: gamma, one over the kernel's squared width, on a logarithmic scale. Vertical: AUC in %.",
        marks=BANDS,
    )


def _mark(ax: Axes, at: float, sign: str, line: Line, colour: str, side: str, height: float = 1.02) -> None:
    """A line across the figure, with its sign above, on the left ("right"-aligned) or right of it."""
    ax.axvline(at, color=colour, linewidth=1.2, linestyle=line, zorder=1)
    ax.annotate(sign, (at, height), xycoords=ax.get_xaxis_transform(), ha=side, va="bottom", fontsize=9, color=colour)
