"""The embedding in two dimensions, with adversarial examples on their way from cluster to cluster (figure 2)."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from robustlib.figures.page.inks import BLACK, DIM, PAPER
from robustlib.figures.page.picture import Picture
from robustlib.figures.plots.canvas import canvas, figure
from robustlib.figures.plots.style import CLASS_COLOURS

Points = np.ndarray  # (n, d) or (n, 2), float
View = Callable[[Points, np.ndarray, Points], tuple[Points, Points]]  # (z, y, z_adv) -> both in two dimensions


def pca(z: Points, y: np.ndarray, z_adv: Points) -> tuple[Points, Points]:
    """The two directions of largest variance of the clean features; adversarial ones are placed in the same plane."""
    centre = z.mean(0)
    axes = np.linalg.svd(z - centre, full_matrices=False)[2][:2]
    axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])[:, None]
    return (z - centre) @ axes.T, (z_adv - centre) @ axes.T


def lda(z: Points, y: np.ndarray, z_adv: Points) -> tuple[Points, Points]:
    """The two directions that separate the clean classes best (Fisher); needs scikit-learn and three classes."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    fitted = LinearDiscriminantAnalysis(n_components=2).fit(z, y)
    return fitted.transform(z), fitted.transform(z_adv) if len(z_adv) else np.empty((0, 2))


def tsne(z: Points, y: np.ndarray, z_adv: Points) -> tuple[Points, Points]:
    """Neighbourhoods only: distances between clusters mean nothing. Clean and adversarial are laid out together."""
    from sklearn.manifold import TSNE

    both = np.concatenate([z, z_adv])
    laid = TSNE(2, init="pca", perplexity=min(30.0, (len(both) - 1) / 3), random_state=0).fit_transform(both)
    return laid[: len(z)], laid[len(z) :]


def embedding(
    z: Any,  # (n, d) clean features, tensor or array
    y: Any,  # (n,) labels
    z_adv: Any = None,  # (m, d) features of adversarial examples, m <= n: of the first m clean ones
    says: Any = None,  # (m,) what the model says of them
    *,
    caption: str,
    view: View = pca,
    classes: Sequence[str] | None = None,
    arrows: int = 25,
    alt: str | None = None,
) -> Picture:
    """Clean features as digits in their class's colour; arrows lead to the adversarial ones, coloured as they are read.

    Raises: ValueError unless the features have the same width, and each has a label or reading.
    """
    clean, labels = _array(z), _array(y).astype(int)
    moved = np.empty((0, clean.shape[1])) if z_adv is None else _array(z_adv)
    read = labels[: len(moved)] if says is None else _array(says).astype(int)
    if (
        len(clean) != len(labels)
        or len(moved) != len(read)
        or len(moved) > len(clean)
        or moved.shape[1] != clean.shape[1]
    ):
        raise ValueError(
            f"z {clean.shape}, y {labels.shape}, z_adv {moved.shape} and says {read.shape} do not belong together; "
            "z_adv[i] is the image z[i] under attack"
        )
    points, ends = view(clean, labels, moved)
    drawn = canvas(4.8, 4.3)
    ax = drawn.add_subplot()
    for k in map(int, np.unique(labels)):
        _scatter(ax, points[labels == k], k, f"${k}$" if classes is None else f"${classes[k][0]}$")
    for i in range(min(arrows, len(ends))):
        colour = CLASS_COLOURS[read[i] % len(CLASS_COLOURS)]
        path = {"arrowstyle": "->", "color": DIM, "lw": 0.9, "shrinkA": 0, "shrinkB": 4}
        ax.annotate("", ends[i], points[i], arrowprops=path, zorder=3)
        ax.plot(*ends[i], marker="X", markersize=8, color=colour, markeredgecolor=BLACK, linestyle="", zorder=4)
    ax.set(xticks=[], yticks=[], xlabel="first direction", ylabel="second direction")
    ax.grid(False)
    crossed = int((read != labels[: len(moved)]).sum())
    said = f"{len(labels)} clean points in {len(np.unique(labels))} classes, drawn as their label"
    if len(moved):
        said += (
            f"; arrows lead from {min(arrows, len(moved))} of them to their adversarial examples, drawn as crosses "
            f"in the colour of what the model says; {crossed} of {len(moved)} are misread"
        )
    return figure(
        drawn,
        alt=alt or f"Embedding in two dimensions. {said}.",
        caption=caption,
        marks="Digits: clean images, in the colour of their class; circled: the middle of the class. Crosses: "
        "attacked, in the colour of what is read."
        if len(moved)
        else "Digits: images, in the colour of their class; circled: its middle.",
    )


def _array(of: Any) -> np.ndarray:
    """A tensor or anything array-like as a float array."""
    return np.asarray(of.detach().cpu() if hasattr(of, "detach") else of, float)


def _scatter(ax: Axes, points: Points, k: int, glyph: str) -> None:
    """A class as its glyph, with a larger one on paper at its centre."""
    colour = CLASS_COLOURS[k % len(CLASS_COLOURS)]
    ax.plot(*points.T, linestyle="", marker=glyph, markersize=6, color=colour, markeredgewidth=0.2, alpha=0.75)
    middle = np.median(points, 0)
    ax.text(middle[0], middle[1], glyph.strip("$"), ha="center", va="center", fontsize=10, color=colour, zorder=5,
            bbox={"boxstyle": "circle,pad=.18", "facecolor": PAPER, "edgecolor": colour, "linewidth": 1})  # fmt: skip
