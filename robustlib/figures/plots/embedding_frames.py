"""An embedding before and after training, or at several epochs, in one plane under one slider."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from robustlib.figures.page.fragment import Fragment
from robustlib.figures.plots.embedding import Points, pca
from robustlib.figures.plots.layouts import layouts


def embedding_frames(
    before: Any,  # (n, d) features, tensor or array
    after: Any,  # (n, d) features of the same images
    y: Any,  # (n,) labels
    *,
    between: Mapping[str, Any] | None = None,  # name -> (n, d) features of the same images, in order
    names: tuple[str, str] = ("before training", "after training"),
    label: str = "network",
    caption: str,
    shared: bool | None = None,  # one scale for all; None: where the smallest is a quarter of the largest or more
) -> Fragment:
    """One slider from the untrained to the trained embedding, each image drawn as its label in the colour of its class.

    All are seen from the same side, in the plane of the two directions in which the last embedding varies most (PCA);
    the caption says so, and whether they share a scale. Below each stands, from all dimensions, how far the images of a
    class lie apart, how far those of different classes, how many have a nearest neighbour of their own class, and what
    share of the variance the plane holds.

    Raises: ValueError unless all have one shape (n, d) with d >= 2, are finite, and have one label an image and two
    classes or more.
    """
    labels = np.asarray(_array(y)).astype(int)
    stages = {names[0]: before, **(between or {}), names[1]: after}
    laid = {name: _array(z) for name, z in stages.items()}
    shapes = sorted({z.shape for z in laid.values()})
    if len(laid) != 2 + len(between or {}):
        raise ValueError(f"every embedding needs a name of its own, got {[*names, *(between or {})]}")
    if len(shapes) != 1 or len(shapes[0]) != 2 or shapes[0][0] != len(labels) or shapes[0][1] < 2:
        raise ValueError(f"need features (n, d) of the same {len(labels)} images, d >= 2, got {shapes}")
    if not all(np.isfinite(z).all() for z in laid.values()) or len(set(labels.tolist())) < 2:
        raise ValueError(f"need finite features and two classes or more, got classes {sorted(set(labels.tolist()))}")
    last = laid[names[1]]
    points: dict[float | str, Any] = {name: pca(last, labels, z)[1] for name, z in laid.items()}
    texts = [
        f"{_apart(z, labels)}; the plane holds {100 * _held(z, points[name]):.0f} % of the variance"
        for name, z in laid.items()
    ]
    widths = [float(np.ptp(at, axis=0).max()) for at in points.values()]
    one = min(widths) >= max(widths) / 4 if shared is None else shared
    scale = "all are drawn to one scale" if one else "each is drawn to a scale of its own"
    plane = f"The plane is that of the two directions in which the last embedding varies most (PCA); {scale}."
    return layouts(
        points,
        labels,
        texts,
        label=label,
        alt=f"{len(labels)} images of {len(set(labels.tolist()))} classes in the plane, drawn as their labels",
        caption=f"{caption} {plane}",
        shared=one,
    )


def _apart(z: Points, y: np.ndarray) -> str:
    """Mean distances within and between classes, and the share of images whose nearest neighbour is of their class."""
    square = (z**2).sum(1)
    far = np.sqrt(np.maximum(square[:, None] + square[None] - 2 * z @ z.T, 0))
    same = y[:, None] == y[None]
    off = ~np.eye(len(y), dtype=bool)
    within = f"{far[same & off].mean():.3g}" if (same & off).any() else "none"
    np.fill_diagonal(far, np.inf)
    neighbours = (y[far.argmin(1)] == y).mean()
    return (
        f"mean distance in a class {within}, between classes {far[~same].mean():.3g}; nearest neighbour of the same "
        f"class for {100 * neighbours:.0f} %"
    )


def _held(z: Points, points: Points) -> float:
    """The share of the variance that the plane shows."""
    whole = z.var(0).sum()
    return float(points.var(0).sum() / whole) if whole > 0 else 1.0


def _array(of: Any) -> np.ndarray:
    return np.asarray(of.detach().cpu() if hasattr(of, "detach") else of, float)
