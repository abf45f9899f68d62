"""The toy of the chapter on AT2L: what a triplet on two logits asks for, and how a common offset meets it."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from robustlib.figures.page.inks import BLACK, BLUE, DIM, VERMILLION
from robustlib.figures.page.picture import Picture
from robustlib.figures.plots.canvas import canvas, figure
from robustlib.figures.toys.triplet import GROUND

ATTACKED, CLEAN, NEGATIVE = np.array([2.3, 1.7]), np.array([3.2, 1.3]), np.array([1.5, 2.8])


def hinge(anchor: np.ndarray, positive: np.ndarray, negative: np.ndarray, alpha: float) -> float:
    """The triplet of two logits each, by the largest difference of one."""
    return float(max(0.0, np.abs(anchor - positive).max() - np.abs(anchor - negative).max() + alpha))


def attacked_triplet_toy(alpha: float = 1.0) -> Picture:
    r"""Two panels over the logits of two classes: the triplet as it is, and after all logits of x^n have grown alike.

    .. math:: L = \max(0,\ \|f(x^{adv}) - f(x)\|_\infty - \|f(x^{adv}) - f(x^n)\|_\infty + \alpha)

    Raises: ValueError unless 0.3 <= alpha <= 1.3 (the loss has to be above 0, and the squares to fit into the picture).
    """
    if not 0.3 <= alpha <= 1.3:
        raise ValueError(f"need 0.3 <= alpha <= 1.3, got {alpha}")
    offset = alpha + 0.3
    moved = NEGATIVE + offset
    before, after = (hinge(ATTACKED, CLEAN, at, alpha) for at in (NEGATIVE, moved))
    drawn = canvas(4.8, 3.0)
    left, right = drawn.subplots(1, 2, sharey=True)
    for ax, negative, loss in ((left, NEGATIVE, before), (right, moved, after)):
        _panel(ax, negative, alpha)
        ax.set_title(f"{'before' if ax is left else 'met by an offset'}: loss {loss:.1f}", fontsize=11)
    right.annotate("", moved, NEGATIVE, arrowprops={"arrowstyle": "->", "color": VERMILLION, "lw": 1.4})
    right.plot(*NEGATIVE, "X", color=VERMILLION, markersize=10, alpha=0.35)
    drawn.supxlabel("logit of class 0", fontsize=11)
    drawn.supylabel("logit of class 1", fontsize=11)
    return figure(
        drawn,
        alt="Two panels over two logits, with the border on the diagonal. Left: the attacked image lies between its "
        f"clean form and a negative, and the loss is {before:.1f}. Right: both logits of the negative have grown by "
        f"{offset:.1f}, along the diagonal; it is as far from the border as before, and the loss is {after:.1f}.",
        caption="The triplet wants the attacked image near its clean form (inner square) and the negative outside of "
        f"the outer square, which is wider by alpha = {alpha:g}. Right: both logits of the negative grow alike. The "
        "loss is met, no distance to the border has changed, and no softmax either.",
        axes="Horizontal and vertical: the logits of two classes. Dotted diagonal: the border between them.",
    )


def _panel(ax: Axes, negative: np.ndarray, alpha: float) -> None:
    """The border, the two squares around the attacked image, and the three images."""
    ax.axline((0, 0), slope=1, color=DIM, linestyle="dotted", linewidth=1.4)
    near = float(np.abs(ATTACKED - CLEAN).max())
    for half, colour, line in ((near, BLUE, "solid"), (near + alpha, VERMILLION, "dashed")):
        square = Rectangle(tuple(ATTACKED - half), 2 * half, 2 * half, fill=False, color=colour, linestyle=line)
        ax.add_patch(square)
    marks = ((ATTACKED, "attacked", "o", BLACK, -16), (CLEAN, "clean", "s", BLUE, -16))
    for at, word, marker, colour, below in (*marks, (negative, "negative", "X", VERMILLION, 9)):
        ax.plot(*at, marker, color=colour, markersize=9, zorder=4)
        ax.annotate(
            word, (at[0], at[1]), xytext=(0, below), textcoords="offset points", ha="center", fontsize=9.5, bbox=GROUND
        )
    ax.set(xlim=(0, 5), ylim=(-0.4, 4.6), aspect="equal", xticks=[], yticks=[])
