"""Errors by rounds of training under one slider that draws our curves round by round."""

from collections.abc import Mapping, Sequence

from torch import Tensor

from robustlib.figures.page.fragment import Fragment
from robustlib.figures.page.frames import Frame, fate
from robustlib.figures.page.inks import BLACK, DIM, GRID
from robustlib.figures.plots.canvas import raster, square
from robustlib.figures.plots.iterations import Rounds, draw_rounds
from robustlib.figures.plots.reading import reading

PIXELS = 220  # of a frame, width and height


def iteration_frames(
    rows: Mapping[str, Mapping[str, Rounds]],  # attack set -> attack -> its panel
    iterations: Sequence[int],
    *,
    caption: str,
    alt: str = "Curves of the error in per cent by outer iteration, the paper's thin, ours up to this iteration",
    label: str = "outer iteration",
) -> Fragment:
    """One slider over the rounds, open at the last: a row an attack set, a picture an attack, drawn up to this round.

    Below each stand our errors in % at this round, static and adaptive. Raises: ValueError as `fate` and `reading`.
    """
    panels = {
        row: {name: [Frame(_frame(panel, k), _words(panel, k)) for k in iterations] for name, panel in inside.items()}
        for row, inside in rows.items()
    }
    where = f"Horizontal: {label}. Vertical: error in %. Dashed, open: static; solid: adaptive; thin: the paper."
    return fate(
        panels, list(iterations), alt=alt, label=label, caption=f"{caption} {where}", scale=1, start=len(iterations) - 1
    )


def _words(panel: Rounds, k: int) -> str:
    """Our errors at a round."""
    found: dict[str, list[str]] = {}
    for (method, way), at in panel.ours.items():
        said = f"{100 * reading(at[k]).share:.1f}" if k in at else "not run"
        found.setdefault(method, []).append(f"{way} {said}")
    return "; ".join(f"{method}: {', '.join(parts)}" for method, parts in found.items())


def _frame(panel: Rounds, k: int) -> Tensor:
    """A panel up to a round, as pixels."""
    ax = square(PIXELS)
    ax.set(xlim=(-0.24 * panel.last, 1.12 * panel.last), ylim=(-16, 106))
    for at in (0, 50, 100):
        ax.plot([0, panel.last], [at, at], color=GRID, linewidth=1, zorder=0)
        ax.text(-0.05 * panel.last, at, str(at), ha="right", va="center", fontsize=9, color=DIM)
    for i in range(0, panel.last + 1, 1 if panel.last < 5 else 5):
        ax.text(i, -10, str(i), ha="center", va="center", fontsize=9, color=DIM)
    ax.axvline(k, color=BLACK, linewidth=0.8, linestyle="dotted", zorder=0)
    draw_rounds(ax, panel, panel.run, k)
    return raster(ax)
