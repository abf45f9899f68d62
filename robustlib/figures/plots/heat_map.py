"""Numbers of a matrix on their colours: distances between classes, mistakes of one class for another."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_hex

from robustlib.figures.page.assets import asset
from robustlib.figures.page.fragment import Fragment, attribute, fragment, legend

CSS = asset(__name__, "heat_map.css")
MAP = "cividis"  # even steps of lightness, the same to readers with and without colour blindness
INKS = ("#FFFFFF", "#000000")  # one of the two has a contrast of 4.5 or more on every colour there is


def heat_map(
    matrix: Any,  # (rows, columns), tensor or array; nan where nothing was measured
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    caption: str,
    unit: str,  # what a number is: "mean distance in the embedding"
    row: str = "",  # what the rows are: "images of"
    column: str = "",  # what the columns are: "oracles of"
    digits: int = 1,  # after the point
    low: float | None = None,  # where the colours begin and end; None: the least and the largest number
    high: float | None = None,
) -> Fragment:
    """A table whose cells have the colour of their number, dark for small and bright for large, with a scale below.

    The numbers are text: they can be read aloud and copied, and stay sharp at any size. On a narrow page the table
    scrolls sideways in its box, also by keyboard.
    Raises: ValueError unless the matrix is (rows, columns) with a number in it, low < high, and caption and unit say
    something.
    """
    values = np.asarray(matrix.detach().cpu() if hasattr(matrix, "detach") else matrix, float)
    if values.shape != (len(rows), len(columns)) or not np.isfinite(values).any() or np.isinf(values).any():
        raise ValueError(f"need a finite number for each of {len(rows)} rows and {len(columns)} columns, got {values}")
    if not caption.strip() or not unit.strip():
        raise ValueError(f"say in caption and unit what is shown, got {caption!r} and {unit!r}")
    ends = (np.nanmin(values) if low is None else low, np.nanmax(values) if high is None else high)
    if low is not None and high is not None and low >= high:
        raise ValueError(f"need low < high, got {low} and {high}")
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    corner = " \\ ".join(filter(None, (row, column)))
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(_cell(value, ends, digits) for value in line)}</tr>'
        for name, line in zip(rows, values.tolist(), strict=True)
    )
    table = f"<table><thead><tr><td>{escape(corner)}</td>{head}</tr></thead><tbody>{body}</tbody></table>"
    box = f'<div class="rl-scroll" role="region" tabindex="0" aria-label="{attribute(unit)}">{table}</div>'
    scale = ",".join(to_hex(colormaps[MAP](at / 8)) for at in range(9))
    key = f'<i style="background:linear-gradient(to right,{scale})"></i>'
    ends_said = f'<p class="rl-key">{ends[0]:.{digits}f} {key} {ends[1]:.{digits}f} {escape(unit)}</p>'
    lines = [f"{name}: {', '.join(_said(v, digits) for v in line)}" for name, line in zip(rows, values, strict=True)]
    text = "\n".join([f"{unit}; columns {', '.join(columns)}", *lines, caption])
    return fragment("heat", CSS, f"{box}{ends_said}{legend(caption)}", text)


def contrast(ink: str, ground: str) -> float:
    """The contrast of two colours after WCAG 2: from 1 to 21, and 4.5 is what small text needs."""
    lights = []
    for colour in (ink, ground):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def _cell(value: float, ends: tuple[float, float], digits: int) -> str:
    """A number on its colour, in the ink that is read best there; a dash where there is none."""
    if np.isnan(value):
        return "<td>–</td>"
    at = (value - ends[0]) / (ends[1] - ends[0]) if ends[1] > ends[0] else 0.5
    ground = to_hex(colormaps[MAP](min(max(at, 0.0), 1.0)))
    ink = max(INKS, key=lambda ink: contrast(ink, ground))
    return f'<td style="background:{ground};color:{ink}">{value:.{digits}f}</td>'


def _said(value: float, digits: int) -> str:
    return "–" if np.isnan(value) else f"{value:.{digits}f}"
