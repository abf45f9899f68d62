"""The margin of one image in a plane, network beside network on one scale, with the border that each draws there."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.ticker import MaxNLocator

from robustlib.figures.page.inks import INK, PALE
from robustlib.figures.page.picture import Picture
from robustlib.figures.plots.canvas import canvas, figure


def boundary_slices(
    slices: Mapping[str, Mapping[str, Any]],  # network -> {"margin": rows along the gradient, "reach": of both axes}
    *,
    eps: float,  # L-infinity radius of the ball that is drawn, pixel units
    caption: str,
    alt: str | None = None,
) -> Picture:
    """A panel a network: the margin around one image, the thick line where it is 0, and the ball's edge dashed.

    Where both directions are signs, the largest change of a pixel is the sum of both steps: the ball is a diamond here.
    Raises: ValueError unless there is a slice, every one is a square of finite numbers, and all have one reach.
    """
    grids = {name: np.asarray(of["margin"], float) for name, of in slices.items()}
    reaches = sorted({float(of["reach"]) for of in slices.values()})
    shapes = {grid.shape for grid in grids.values()}
    square = all(len(shape) == 2 and shape[0] == shape[1] > 1 for shape in shapes)
    if len(reaches) != 1 or not square or not all(np.isfinite(grid).all() for grid in grids.values()):
        raise ValueError(f"need square slices of finite margins and of one reach, got {shapes} and {reaches}")
    columns = min(len(grids), 2)
    lines = -(-len(grids) // columns)
    drawn = canvas(4.8, 1.05 + lines * 4.0 / columns)
    axes = drawn.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
    levels = MaxNLocator(6).tick_values(min(g.min() for g in grids.values()), max(g.max() for g in grids.values()))
    words, filled = [], ScalarMappable()
    for ax, (name, grid) in zip(axes.flat, grids.items(), strict=False):
        side = np.linspace(-reaches[0], reaches[0], len(grid))
        filled = ax.contourf(side, side, grid.T, levels, cmap="cividis")  # rows run along the gradient: across the page
        if grid.min() < 0 < grid.max():
            for colour, width in ((PALE, 4.5), (INK, 2.4)):
                ax.contour(side, side, grid.T, [0.0], colors=[colour], linewidths=width)
        ax.plot([eps, 0, -eps, 0, eps], [0, eps, 0, -eps, 0], color=PALE, linewidth=1.2, linestyle="dashed")
        ax.plot(0, 0, "P", color=PALE, markeredgecolor=INK, markersize=8)
        ax.set(xlim=side[[0, -1]], ylim=side[[0, -1]], aspect="equal")
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_ticks([-eps, 0, eps], [f"{-eps:.3g}", "0", f"{eps:.3g}"])
        ax.set_title(name, fontsize=10, wrap=True)
        ax.grid(visible=False)
        words.append(f"{name}: from {grid.min():.2g} to {grid.max():.2g}, above 0 on {100 * (grid > 0).mean():.0f} %")
    for ax in axes.flat[len(grids) :]:
        ax.remove()
    drawn.supxlabel("along the sign of the gradient", fontsize=11)
    drawn.supylabel("along random signs", fontsize=11)
    drawn.colorbar(filled, ax=drawn.axes[: len(grids)], location="top", aspect=30,
                   label="margin: best wrong logit less the label's")  # fmt: skip
    return figure(
        drawn,
        alt=alt or f"The margin of one image in a plane, one panel a network. {'; '.join(words)} of the plane.",
        caption=caption,
        axes="Horizontal: along the sign of the loss's gradient. Vertical: along random signs; both in pixel units. "
        "Colour: the margin in logits, one scale for all; above 0 the image is misread.",
        marks=f"Thick line: the decision border. Cross: the image. Dashed: where the largest change of a pixel is "
        f"{eps:.3g}.",
    )
