"""Why a margin means something only over the Jacobian: two networks that agree on every image, one of them steep."""

import numpy as np
from matplotlib.axes import Axes

from robustlib.figures.page.inks import BLACK, BLUE, DIM, PAPER, VERMILLION
from robustlib.figures.page.picture import Picture
from robustlib.figures.plots.canvas import canvas, figure

GROUND = {"boxstyle": "square,pad=0.1", "facecolor": PAPER, "edgecolor": "none"}  # no line runs through a word
LEFT, RIGHT = (0.05, 0.15, 0.25), (0.75, 0.85, 0.95)  # first pixel of the images of either class; the second is 1/2
BORDER = 0.5  # of the embedding, halfway between the classes


def crossing(steep: float, at: float = LEFT[-1]) -> float:
    r"""How far the image (at, 1/2) is from the border of :math:`z = x_1 + s\,(x_2 - 1/2)`, in L2: gap over Jacobian."""
    return (BORDER - at) / float(np.hypot(1, steep))


def _network(ax: Axes, steep: float, title: str) -> None:
    """The images of both classes, the border, and the shortest way from an image across it."""
    for pixels, colour, marker in ((LEFT, BLUE, "o"), (RIGHT, VERMILLION, "s")):
        ax.plot(pixels, [0.5] * len(pixels), marker, color=colour, markersize=6, zorder=3)
    second = np.linspace(-0.1, 1.1, 2)
    ax.plot(BORDER - steep * (second - 0.5), second, color=BLACK, linestyle="dashed")
    far, slope = crossing(steep), np.array([1, steep]) / np.hypot(1, steep)
    start = np.array([LEFT[-1], 0.5])
    end = start + far * slope
    ax.plot(*np.stack([start, end]).T, color=BLACK, linewidth=2, zorder=4)
    ax.plot(*end, "X", color=BLACK, markersize=8, markeredgecolor=PAPER, markeredgewidth=0.5, zorder=5)
    ax.set_title(f"{title}\nJacobian {np.hypot(1, steep):.1f}, step {far:.2f}")
    ax.set(
        xlim=(0, 1),
        ylim=(0, 1),
        aspect="equal",
        xlabel="first pixel",
        xticks=(0.25, 0.5, 0.75),
        yticks=(0.25, 0.5, 0.75),
    )


def margin_toy(steep: float = 4.0) -> Picture:
    r"""Two networks :math:`z = x_1 + s\,(x_2 - 1/2)` of two pixels: s = 0, and s = `steep`.

    On the images, whose second pixel is 1/2, both say the same, so that their margins are equal. The attacker may leave
    the line of the images, and there the steep one is crossed with a far smaller step.

    Source of the idea: Rozenberg et al. 2020 (MadNet), section 2. Raises: ValueError unless 1 <= steep <= 8.
    """
    if not 1 <= steep <= 8:
        raise ValueError(f"need 1 <= steep <= 8, so that both steps can be seen, got {steep}")
    drawn = canvas(4.8, 3.9)
    grid = drawn.add_gridspec(2, 2, height_ratios=(3.4, 1))
    gentle, sharp = drawn.add_subplot(grid[0, 0]), drawn.add_subplot(grid[0, 1])
    _network(gentle, 0.0, "a gentle network")
    _network(sharp, steep, "a steep network")
    gentle.set_ylabel("second pixel")
    line = drawn.add_subplot(grid[1, :], xlabel="embedding z of the same images, in both networks", xlim=(0, 1))
    for z, colour, marker in ((LEFT, BLUE, "o"), (RIGHT, VERMILLION, "s")):
        line.plot(z, [0.0] * 3, marker, color=colour, markersize=8, zorder=3)
    line.axvline(BORDER, color=BLACK, linestyle="dashed")
    line.annotate("", (RIGHT[0], -0.5), (LEFT[-1], -0.5), arrowprops={"arrowstyle": "<->", "color": DIM})
    line.text(BORDER, -0.5, "margin 0.5", ha="center", va="center", color=DIM, bbox=GROUND)
    line.set(ylim=(-0.9, 0.5), yticks=[])
    line.spines["left"].set_visible(False)
    first, second = crossing(0), crossing(steep)
    return figure(
        drawn,
        alt="Three panels. Above, the images of two classes on a line in the plane of two pixels, and the border of "
        "two networks: upright in the gentle one, nearly level in the steep one. From the same image a step of "
        f"{first:.2f} crosses the first border, and a step of {second:.2f} the second. Below, the embedding of the "
        "images, which is the same in both networks, with a margin of 0.5 between the classes.",
        caption="Two networks make the same of every image, so their margins are equal. The thick lines are the "
        f"shortest steps across the border: {first:.2f} in the gentle network, {second:.2f} in the steep one. Both "
        "times the step is what is left to the border in the embedding, divided by the length of the Jacobian.",
        axes="Horizontal and vertical: above, the two pixels of an image; below, horizontal alone, its embedding.",
        marks="Circles and squares: images of two classes. Crosses: where a step ends. Dashed: the border.",
    )
