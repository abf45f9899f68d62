"""Errors by rounds of training: each method static beside adaptive, with a printed curve thin beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from robustlib.figures.page.inks import DIM, PAPER
from robustlib.figures.page.picture import Picture
from robustlib.figures.plots.canvas import canvas, figure
from robustlib.figures.plots.reading import BANDS, Reading, reading
from robustlib.figures.plots.series_styles import style_of

STATIC, ADAPTIVE = "static", "adaptive"
LINES: dict[str, Any] = {STATIC: "dashed", ADAPTIVE: "solid"}
Ours = Mapping[tuple[str, str], Mapping[int, Any]]  # (method, static or adaptive) -> {round: anything `reading` takes}


@dataclass(frozen=True)
class Rounds:
    """One panel: our errors by round, as shares, and the paper's by method, in per cent from round 0 on."""

    ours: Ours
    paper: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if wrong := [way for _, way in self.ours if way not in LINES]:
            raise ValueError(f"a line is {STATIC} or {ADAPTIVE}, got {wrong}")

    @property
    def run(self) -> dict[tuple[str, str], dict[int, Reading]]:
        """What was measured, in per cent."""
        found = {name: {k: Reading(*(100 * v for v in reading(of))) for k, of in at.items()}
                 for name, at in self.ours.items()}  # fmt: skip
        return {name: at for name, at in found.items() if at}

    @property
    def last(self) -> int:
        """The last round of all."""
        return max([1, *(k for at in self.ours.values() for k in at), *(len(v) - 1 for v in self.paper.values())])


def iteration_curves(
    panels: Mapping[str, Rounds],
    *,
    caption: str,
    measure: str = "error",
    rounds: str = "outer iteration",
    columns: int = 2,
    alt: str | None = None,
) -> Picture:
    """A panel each: our error in % by round with 95 % bands, dashed static, solid adaptive; thin lines are the paper's.

    Both ways have the colour and the marker of their method, open where static. A line of which nothing was measured is
    left out, and the caption says which. Raises: ValueError if nothing was measured at all, and as `reading`.
    """
    runs = {title: panel.run for title, panel in panels.items()}
    if not any(runs.values()):
        raise ValueError(f"nothing of {', '.join(panels) or 'no panel'} was measured; pass errors by round")
    columns = min(columns, len(panels))
    lines = -(-len(panels) // columns)
    drawn = canvas(4.8, 1.1 + 1.75 * lines)
    axes = drawn.subplots(lines, columns, sharey=True, squeeze=False)
    methods: dict[str, None] = {}
    for ax, (title, panel) in zip(axes.flat, panels.items(), strict=False):
        draw_rounds(ax, panel, runs[title])
        methods |= dict.fromkeys([name for name, _ in runs[title]])
        ax.set(ylim=(-3, 103), xlim=(-0.3, panel.last + 0.3))
        ax.set_title(title, fontsize=10)
        if not runs[title]:
            ax.text(0.03, 0.06, "ours: not run", transform=ax.transAxes, fontsize=9, color=DIM)
        ax.xaxis.get_major_locator().set_params(integer=True)
    for ax in axes.flat[len(panels) :]:
        ax.remove()
    drawn.supxlabel(rounds, fontsize=11)
    drawn.supylabel(f"{measure} in %", fontsize=11)
    drawn.legend(handles=_key(methods, any(p.paper for p in panels.values())), loc="outside upper left", ncols=2)
    missing = [
        f"{title}, {', '.join(name)}" if runs[title] else title
        for title, panel in panels.items()
        for name in panel.ours
        if name not in runs[title]
    ]
    return figure(
        drawn,
        alt=alt or f"{measure.capitalize()} by {rounds}. {' '.join(_said(t, runs[t], panels[t]) for t in panels)}",
        caption=f"{caption} Not run: {'; '.join(dict.fromkeys(missing))}." if missing else caption,
        axes=f"Horizontal: {rounds}. Vertical: {measure} in %.",
        marks=BANDS,
    )


def draw_rounds(
    ax: Axes, panel: Rounds, run: Mapping[tuple[str, str], Mapping[int, Reading]], now: int | None = None
) -> None:
    """The lines of a panel, up to a round, whose points are larger."""
    for method, values in panel.paper.items():
        ax.plot(range(len(values)), values, color=style_of(method).colour, linewidth=0.9, alpha=0.75)
    for (method, way), at in run.items():
        there = [k for k in sorted(at) if now is None or k <= now]
        look = style_of(method)
        share, low, high = ([at[k][i] for k in there] for i in range(3))
        ax.fill_between(there, low, high, color=look.colour, alpha=0.16, linewidth=0)
        inside = PAPER if way == STATIC else look.colour
        ax.plot(there, share, color=look.colour, linestyle=LINES[way], marker=look.marker, markersize=5.5,
                markerfacecolor=inside, zorder=3)  # fmt: skip
        if now in there:
            ax.plot(now, at[now].share, look.marker, color=look.colour, markerfacecolor=inside, markersize=10, zorder=4)


def _key(methods: Mapping[str, None], printed: bool) -> list[Line2D]:
    """Methods by colour and marker, ways by their stroke, and the paper."""
    found = [Line2D([], [], color=style_of(m).colour, marker=style_of(m).marker, label=m) for m in methods]
    found += [Line2D([], [], color=DIM, linestyle=line, marker="o", markerfacecolor=PAPER if way == STATIC else DIM,
                     label=f"ours, {way}") for way, line in LINES.items()]  # fmt: skip
    return [*found, Line2D([], [], color=DIM, linewidth=0.9, label="the paper")] if printed else found


def _said(title: str, run: Mapping[tuple[str, str], Mapping[int, Reading]], panel: Rounds) -> str:
    """A panel in words."""
    parts = [f"{m}, {way}: {', '.join(f'{at[k].share:.1f}' for k in sorted(at))}" for (m, way), at in run.items()]
    parts += [f"paper's {m}: from {v[0]:g} to {v[-1]:g}" for m, v in panel.paper.items()]
    return f"{title}: {'; '.join(parts) or 'not run'}."
