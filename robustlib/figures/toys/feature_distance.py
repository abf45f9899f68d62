"""Why distance in the embedding is not distance in the image."""

import numpy as np

from robustlib.figures.page.inks import BLACK, BLUE, VERMILLION
from robustlib.figures.page.picture import Picture
from robustlib.figures.plots.canvas import canvas, figure


def distance_toy(steepness: float = 30.0) -> Picture:
    r"""Two classes far apart in the embedding and close in the image: one feature :math:`z = \tanh(s\,(x - 0.5))`.

    Raises: ValueError unless steepness >= 12: below that the feature is not flat where the picture needs it flat.
    """
    if steepness < 12:
        raise ValueError(f"need steepness >= 12, got {steepness}")
    x = np.linspace(0, 1, 400)
    step = 1.5 / steepness
    drawn = canvas(4.8, 3.0)
    ax = drawn.add_subplot()
    ax.plot(x, np.tanh(steepness * (x - 0.5)), color=BLACK)
    flat, steep = (0.05, 0.35), (0.5 - step, 0.5 + step)
    for ends, colour, marker, line, spot in (
        (flat, BLUE, "s", "dotted", (0.2, -0.5)),
        (steep, VERMILLION, "X", "dashed", (0.8, 0.0)),
    ):
        z = np.tanh(steepness * (np.array(ends) - 0.5))
        ax.vlines(ends, -1.25, z, color=colour, linestyle=line, linewidth=1.4)
        ax.hlines(z, 0, ends, color=colour, linestyle=line, linewidth=1.4)
        ax.plot(ends, z, marker, color=colour, markersize=9)
        said = f"{ends[1] - ends[0]:.2g} in x moves z\nby {z[1] - z[0]:.2g}"
        leader = {"arrowstyle": "-", "color": colour, "shrinkB": 6}
        ax.annotate(said, (sum(ends) / 2, z.mean()), spot, ha="center", va="center", arrowprops=leader)
    ax.set(xlabel="image x (one pixel)", ylabel="feature z", xlim=(0, 1), ylim=(-1.25, 1.25))
    return figure(
        drawn,
        alt="A steep S-shaped curve of feature against pixel. A long step of 0.3 on the flat part moves the feature by "
        f"almost nothing; a short step of {2 * step:.2g} across the steep part moves it by {2 * np.tanh(1.5):.2g}.",
        caption="Distance in the embedding is not distance in the image. The triplet loss sets the height of the jump. "
        "Only the slope says how small a change of the image crosses it, and the loss does not look at the slope.",
    )
