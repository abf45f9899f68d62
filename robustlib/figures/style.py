"""How everything is drawn: matplotlib's settings, and the look of a method or an attack by its name."""

import re
import zlib
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from robustlib.figures.looks import ATTACKS as ATTACKS
from robustlib.figures.looks import COLOURS as COLOURS
from robustlib.figures.looks import METHODS as METHODS
from robustlib.figures.looks import Look as Look

ALIASES = {
    "baseline": "softmax",
    "triplet": "ours",
    "pgd 2/255 x 10": "small-step pgd",
    "adversarial training": "softmax-pgd",
    "reverse cross-entropy": "rce",
    "cross-entropy": "softmax",
    "ce": "softmax",
}
_LOOKS = {name.lower(): look for name, look in (METHODS | ATTACKS).items()}

RC: dict[Any, Any] = {
    "figure.figsize": (4.8, 3.2),  # inches: at 350 px on a phone the 11 pt words are still 10 px high
    "figure.dpi": 110,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",  # a white card: readable in dark mode too
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
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E2E2E2",
    "lines.linewidth": 1.8,
    "lines.markersize": 6,
    "hatch.linewidth": 0.7,
}


def use() -> None:
    """Set matplotlib's defaults for the whole notebook: sizes readable on a phone, a white card, no clipped labels."""
    mpl.rcParams.update(RC)


def look_of(name: str) -> Look:
    """The fixed look of a method or an attack; a longer name takes the look of the known name in it.

    "margin PGD on distances" looks as "margin PGD" does. A name with no known part gets a grey that follows from the
    name alone.
    """
    key = name.lower().replace("_", "-")
    for alias, known in ALIASES.items():
        key = re.sub(rf"(?<![\w-]){re.escape(alias)}(?!\w)", known, key)
    if key in _LOOKS:
        return _LOOKS[key]
    inside = [known for known in _LOOKS if re.search(rf"(?<!\w){re.escape(known)}(?!\w)", key)]
    if inside:
        return _LOOKS[max(inside, key=len)]
    odd = zlib.crc32(key.encode())
    return Look("#595959", "1234+x"[odd % 6], ("solid", "dashed", "dashdot", "dotted")[odd // 6 % 4], "")


def colour_of(name: str) -> str:
    """The fixed colour of a method or an attack, as hex; never the only sign (see `look_of`)."""
    return look_of(name).colour


def canvas(width: float = 4.8, height: float = 3.2) -> Figure:
    """An empty figure of this size in inches that no notebook shows by itself: `figure` gives it words and shows it."""
    drawn = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(drawn)
    return drawn
