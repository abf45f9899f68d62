"""Figure 1a of Pang et al. 2018 with numbers: what a threshold on the non-maximal entropy does to the nearest error."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from robustlib.figures.page.fragment import Fragment
from robustlib.figures.page.frames import frames
from robustlib.figures.page.inks import BLACK, BLUE, DIM, VERMILLION
from robustlib.figures.plots.canvas import raster, square

PIXELS = 240  # width and height of the picture
REACH = 1.8  # the plane is [-REACH, REACH] squared
ANGLES = (90.0, 210.0, 330.0)  # where the three classes lie, degrees
SCALE = 2.0  # length of a class's weight vector: logits per unit of the plane
NORMAL = (0.17, 1.25)  # z0
POINT, NEAR, ALLOWED, SHADE = BLACK, VERMILLION, BLUE, 0.18
CORNERS = {1: (-1.25, 1.6), 2: (-0.6, -1.62), 3: (0.6, -1.62)}  # where the name of a class stands


@dataclass(frozen=True)
class NearestErrors:
    """What one threshold leaves to an attacker at z0; distances in units of the plane."""

    threshold: float  # t: accepted is a non-maximal entropy of t or more
    z1: tuple[float, float]  # nearest point of another class
    z2: tuple[float, float]  # nearest accepted point of another class
    without: float  # |z0 - z1|
    within: float  # |z0 - z2|
    z0_accepted: bool
    z1_accepted: bool
    confidence: tuple[float, float]  # on the predicted class, at z1 and at z2


def nearest_errors(
    thresholds: Sequence[float], z0: tuple[float, float] = NORMAL, step: float = 0.005
) -> list[NearestErrors]:
    """The nearest wrong points without and with the detector, by search on a grid of this step.

    Raises: ValueError unless 0 <= threshold < log 2: at log 2 only a line is accepted, and no grid meets it.
    """
    if not all(0 <= t < np.log(2) for t in thresholds):
        raise ValueError(f"need thresholds in [0, log 2 = {np.log(2):.4f}), got {list(thresholds)}")
    start = torch.tensor([z0], dtype=torch.float64)
    (here,), (entropy,) = (found.tolist() for found in _read(start)[:2])
    plane = _plane(round(2 * REACH / step) + 1)
    says, entropies, confidence = _read(plane)
    wrong = (plane - start).norm(dim=1).masked_fill(says == here, torch.inf)
    found = []
    for t in thresholds:
        accepted = entropies >= t
        i, j = int(wrong.argmin()), int(wrong.masked_fill(~accepted, torch.inf).argmin())
        (a, b), (c, d) = plane[i].tolist(), plane[j].tolist()
        sure = (confidence[i].item(), confidence[j].item())
        near = NearestErrors(t, (a, b), (c, d), wrong[i].item(), wrong[j].item(), entropy >= t, bool(accepted[i]), sure)
        found.append(near)
    return found


def isolines(thresholds: Sequence[float] = (0, 0.3, 0.5, 0.6, 0.65, 0.68), caption: str = "") -> Fragment:
    """One slider for the threshold tau: the region a detector accepts, and the nearest point that fools both.

    Raises: ValueError unless every threshold lies in [0, log 2).
    """
    found = nearest_errors(thresholds)
    words = [
        f"z0 {'accepted' if at.z0_accepted else 'rejected too'}. Nearest error z1: distance {at.without:.2f}, "
        f"{'accepted' if at.z1_accepted else 'rejected'}. Nearest accepted error z2: distance {at.within:.2f}, "
        f"confidence {at.confidence[1]:.2f} (z1: {at.confidence[0]:.2f})"
        for at in found
    ]
    return frames(
        [_picture(at) for at in found],
        list(thresholds),
        words,
        alt="A plane of three classes: shaded is what the detector accepts; a normal point z0, the nearest error z1 "
        "and the nearest accepted error z2",
        label="threshold τ",
        caption=f"{caption} Horizontal and vertical: the two numbers of a feature.".strip(),
        scale=1,
    )


def _plane(n: int) -> Tensor:
    """The points of an n by n grid over the plane, row by row: (n * n, 2)."""
    side = torch.linspace(-REACH, REACH, n, dtype=torch.float64)
    return torch.stack(torch.meshgrid(side, side, indexing="xy"), -1).flatten(0, 1)


def _read(z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Predicted class, non-maximal entropy and confidence of points of the plane."""
    angle = torch.deg2rad(torch.tensor(ANGLES, dtype=torch.float64))
    logits = SCALE * z @ torch.stack([angle.cos(), angle.sin()])
    ordered, order = logits.sort(1, descending=True)
    others = ordered[:, 1:].softmax(1)
    return order[:, 0], -torch.special.xlogy(others, others).sum(1), ordered.softmax(1)[:, 0]


def _picture(at: NearestErrors) -> Tensor:
    """The plane at one threshold, as an image."""
    ax = square(PIXELS)
    side = np.linspace(-REACH, REACH, PIXELS)
    entropies = _read(_plane(PIXELS))[1].view(PIXELS, PIXELS).numpy()
    if at.threshold > 0:
        ax.contourf(side, side, entropies, [at.threshold, 1], colors=[ALLOWED], alpha=SHADE)
        ax.contour(side, side, entropies, [at.threshold], colors=[ALLOWED], linestyles="dashdot", linewidths=1.3)
    else:  # everything is accepted
        ax.axhspan(-REACH, REACH, color=ALLOWED, alpha=SHADE, linewidth=0)
    for angle in ANGLES:
        away = np.deg2rad(angle)
        ray = 2 * REACH * np.array([np.cos(away), np.sin(away)])
        ax.plot([0, ray[0]], [0, ray[1]], color=DIM, linestyle="dashed", linewidth=1.2)
        ax.plot([0, -ray[0]], [0, -ray[1]], color=BLACK, linewidth=1.6)
    for k, (a, b) in CORNERS.items():
        ax.text(a, b, f"class {k}", fontsize=10, ha="center", va="center")
    _mark(ax, at.z1, "z1", NEAR, "o" if at.z1_accepted else "X", (8, 4))
    _mark(ax, at.z2, "z2", ALLOWED, "s", (8, -13))
    ax.plot(*NORMAL, "o" if at.z0_accepted else "X", color=POINT, markersize=8)
    ax.annotate("z0", NORMAL, xytext=(7, 6), textcoords="offset points", fontsize=11)
    ax.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH))
    return raster(ax)


def _mark(ax: Axes, end: tuple[float, float], name: str, colour: str, marker: str, off: tuple[float, float]) -> None:
    """A line from z0 to a point, and the point with its name."""
    ax.plot([NORMAL[0], end[0]], [NORMAL[1], end[1]], color=colour, linewidth=1.3)
    ax.plot(*end, marker, color=colour, markersize=8, markeredgecolor="white")
    behind = {"boxstyle": "square,pad=0.05", "facecolor": "white", "edgecolor": "none", "alpha": 0.8}
    ax.annotate(
        name, end, xytext=off, textcoords="offset points", fontsize=11, color=colour, fontweight="bold", bbox=behind
    )
