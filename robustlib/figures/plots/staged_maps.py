"""Maps of several networks' embeddings under one slider, each beside what the network reads right."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from robustlib.figures.page.fragment import Fragment
from robustlib.figures.page.frames import Frame, fate
from robustlib.figures.page.inks import BLACK, BLUE, DIM, GRID, PINK
from robustlib.figures.plots.canvas import raster, square
from robustlib.figures.plots.layouts import PIXELS, drawn_map

BARS = (BLUE, PINK, BLACK, DIM)


def staged_maps(
    maps: Mapping[str, Mapping[str, Any]],  # network -> {"x": [...], "y": [...], "label": [...]}, one point an image
    shares: Mapping[str, Mapping[str, float]],  # network -> {"clean": 0.99, "worst case": 0.02}, the same names in each
    said: Sequence[str],  # of each network's map
    *,
    label: str,
    alt: str,
    caption: str,
) -> Fragment:
    """One slider over networks: the map of the embedding on the left, and bars of its shares on the right.

    Raises: ValueError unless maps and shares are of the same networks, each has the same names, at most four, of shares
    in [0, 1], every map is finite with one label a point, and there is one sentence a network.
    """
    names = {tuple(inside) for inside in shares.values()}
    if list(maps) != list(shares) or len(names) != 1 or len(said) != len(maps):
        raise ValueError(f"need one map, sentence and the same shares of each network, got {list(maps)} and {names}")
    if not 0 < len(next(iter(names))) <= len(BARS) or not all(0 <= v <= 1 for s in shares.values() for v in s.values()):
        raise ValueError(f"need one to four shares in [0, 1], got {shares}")
    points = [np.stack([np.asarray(of["x"], float), np.asarray(of["y"], float)], 1) for of in maps.values()]
    labels = [np.asarray(of["label"]).astype(int) for of in maps.values()]
    if not all(len(at) == len(y) > 0 and np.isfinite(at).all() for at, y in zip(points, labels, strict=True)):
        raise ValueError("every map needs finite points, with one label each")
    left = [Frame(drawn_map(at, y), text) for at, y, text in zip(points, labels, said, strict=True)]
    right = [Frame(_bars(inside), _words(inside)) for inside in shares.values()]
    rows = {"": {"embedding": left, "read right, in %": right}}
    return fate(rows, list(maps), alt=alt, label=label, caption=caption, scale=1)


def _words(shares: Mapping[str, float]) -> str:
    return "; ".join(f"{name} {100 * share:.1f}" for name, share in shares.items())


def _bars(shares: Mapping[str, float]) -> Tensor:
    """Bars from 0 to 100, their names above them."""
    ax = square(PIXELS)
    ax.set(xlim=(-4, 112), ylim=(len(shares) + 0.1, -0.6))
    for at in (0, 50, 100):
        ax.axvline(at, color=GRID, linewidth=1, zorder=0)
        ax.text(at, len(shares) - 0.1, str(at), ha="center", fontsize=9, color=DIM)
    for i, ((name, share), colour) in enumerate(zip(shares.items(), BARS, strict=False)):
        ax.barh(i, 100 * share, height=0.36, color=colour)
        ax.text(0, i - 0.27, f"{name}  {100 * share:.1f}", ha="left", va="bottom", fontsize=10, color=BLACK)
    return raster(ax)
