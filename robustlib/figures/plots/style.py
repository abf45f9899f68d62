"""How everything is drawn: matplotlib's settings for a notebook."""

from typing import Any

import matplotlib as mpl
from cycler import cycler

from robustlib.figures.page.inks import BLACK, BLUE, BROWN, GREEN, GREY, GRID, ORANGE, PINK, SKY, VERMILLION, VIOLET

CLASS_COLOURS = (BLACK, ORANGE, BLUE, GREEN, VERMILLION, PINK, SKY, GREY, BROWN, VIOLET)
LINE_COLOURS = (BLUE, VERMILLION, GREEN, ORANGE, PINK, BROWN, SKY, VIOLET)

RC: dict[Any, Any] = {
    "figure.figsize": (4.8, 3.2),  # inches: at 350 px on a phone the 11 pt words are still 10 px high
    "figure.dpi": 110,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",  # in a file; in a page a drawing has no ground
    "savefig.facecolor": "white",
    "savefig.dpi": 160,
    "svg.fonttype": "none",
    "font.size": 11,
    "axes.titlesize": 11,
    "axes.labelsize": 11,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.size": 0,  # the grid shows where a number stands
    "ytick.major.size": 0,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.prop_cycle": cycler(color=LINE_COLOURS),
    "grid.color": GRID,
    "lines.linewidth": 1.8,
    "lines.markersize": 6,
    "hatch.linewidth": 0.7,
}


def use() -> None:
    """Set matplotlib's defaults for the whole notebook: sizes readable on a phone, the inks, no clipped labels."""
    mpl.rcParams.update(RC)
