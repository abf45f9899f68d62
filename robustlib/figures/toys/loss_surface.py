"""The loss around one image, and the way that an attack takes over it."""

from collections.abc import Callable

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from torch import Tensor, nn

from robustlib.evaluation import iterates
from robustlib.evaluation.iterates import Path
from robustlib.figures.page.inks import INK, PALE
from robustlib.figures.page.picture import Picture
from robustlib.figures.plots.canvas import canvas, figure
from robustlib.figures.toys.attack_plane import AttackPlane, attack_plane
from robustlib.interfaces import Attack, Images, Labels
from robustlib.losses import cross_entropy, margin

LOSSES = {"margin": margin, "cross-entropy": cross_entropy}
NAMES = {"margin": "margin: best wrong logit less the label's", "cross-entropy": "cross-entropy"}
AXES = (
    "Horizontal: from the image (0) to the attacked one (1). Vertical: across, where 1 moves the largest pixel by eps. "
    "Colour: the loss."
)
NUMBERED = (0, 1, 2, 3, 5, 10, 20, 40, 100)  # the steps that get their number, where there is room
APART = 0.2  # of the plane: nearer numbers would cover one another


def loss_surface(
    model: nn.Module,
    x: Images,  # one image, (1, c, h, w)
    y: Labels,
    attack: Attack,  # in the L-infinity ball, from one start: FGSM, BIM, MIM, PGD, APGD
    *,
    loss: str = "margin",  # or "cross-entropy"
    across: Tensor | None = None,  # a second direction, shape of x; None: of the random start, or random signs
    points: int = 51,  # a side of the grid on which the loss is computed
    seed: int = 0,
    caption: str = "",
) -> Picture:
    """The loss over the plane of the attack's own direction and a second one, with every step that the attack took.

    The thick line is the decision border: beyond it the image is misread. The dashed line is where the plane leaves
    the ball; points outside are brought back, pixel by pixel, into the ball and into [0, 1], as PGD does. Iterates are
    projected on the plane, and the caption says how much of their way lies outside it.

    Raises: ValueError unless there is one image, the loss is one of the two, points >= 11, the attack has a radius in
    the L-infinity norm and moves the image, and `across` has another direction than the attack.
    """
    if loss not in LOSSES or points < 11:
        raise ValueError(f"need a loss of {', '.join(LOSSES)} and points >= 11, got {loss!r} and {points}")
    eps, norm = getattr(attack, "eps", None), type(getattr(attack, "norm", None)).__name__
    if eps is None or norm not in ("Linf", "NoneType"):
        raise ValueError(f"need an attack with a radius eps in the L-infinity norm, got {attack!r}")
    way = iterates(model, attack, x, y, seed=seed)
    plane = attack_plane(x, way, eps, across, seed)
    reach = max(1.2, np.abs(plane.path).max() + 0.15)
    side = np.linspace(-reach, reach, points)
    a, b = (torch.from_numpy(part.astype(np.float32)).to(x)[..., None, None, None] for part in np.meshgrid(side, side))
    moved = (a * plane.along + b * plane.across).flatten(0, 1)
    height, border = _losses(model, (x + moved.clamp(-eps, eps)).clamp(0, 1), y, loss)
    ball = moved.flatten(1).abs().amax(1).cpu().numpy() / eps
    climbed, margins = _losses(model, way, y, loss)
    drawn = canvas(4.8, 4.8)
    ax = drawn.add_subplot(xlabel="along the attack", ylabel="across")
    square = (points, points)
    filled = ax.contourf(side, side, height.reshape(square), _levels(height), cmap="cividis")
    drawn.colorbar(filled, ax=ax, label=NAMES[loss], location="top", aspect=30)
    ax.contour(side, side, ball.reshape(square), [1.0], colors=[PALE], linewidths=1.1, linestyles="dashed")
    if border.min() < 0 < border.max():
        for colour, width in ((PALE, 4.5), (INK, 2.4)):
            ax.contour(side, side, border.reshape(square), [0.0], colors=[colour], linewidths=width)
    _draw_path(ax, plane.path)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach))
    ax.set_aspect("equal")
    ax.grid(visible=False)
    name, fate = type(attack).__name__, _fate(margins)
    alt = (
        f"The {loss} of one image over a plane, as filled contours with the decision border, and on it the path of "
        f"{name} in {len(way) - 1} steps, from {climbed[0]:.2f} to {climbed[-1]:.2f}; {fate}."
    )
    said = f"{caption} L-infinity, eps = {eps:g}, one image, seed {seed}; {fate}."
    return figure(drawn, alt=alt, caption=said.strip(), axes=AXES, marks=_key(name, plane))


def numbered(path: np.ndarray) -> list[int]:
    """The steps that get a number: the first, the last, and of the others those that lie apart from these."""
    kept: list[int] = []
    for i in (0, len(path) - 1, *NUMBERED):
        if i < len(path) and all(np.abs(path[i] - path[j]).max() >= APART for j in kept):
            kept.append(i)
    return kept


@torch.no_grad()
def _losses(model: nn.Module, x: Path, y: Labels, loss: str) -> tuple[np.ndarray, np.ndarray]:
    """The loss and the margin of many versions of one image, in eval mode; the modes are put back."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    logits = torch.cat([model(part) for part in x.split(500)]).float()
    for module, training in modes:
        module.training = training
    found: list[Callable[..., Tensor]] = [LOSSES[loss], margin]
    first, second = (of(logits, y.expand(len(logits))).cpu().numpy() for of in found)
    return first, second


def _levels(height: np.ndarray) -> np.ndarray:
    """Round edges of about ten bands; around a flat surface one band."""
    low, high = float(height.min()), float(height.max())
    return np.asarray(MaxNLocator(10).tick_values(low, high) if high - low > 1e-9 else (low - 1, high + 1))


def _fate(margins: np.ndarray) -> str:
    """When the image is misread on the way, in words."""
    wrong = np.flatnonzero(margins > 0)
    if not len(wrong):
        return "no step is misread"
    first = f"step {wrong[0]} is the first that is misread"
    return first if len(wrong) < len(margins) - wrong[0] else f"it is misread from step {wrong[0]} on"


def _key(name: str, plane: AttackPlane) -> str:
    """What lines and dots are, and how much of the way the plane does not show."""
    return (
        f"Cross: the image. Dots: {name}, step by step. Thick line: the decision border. Dashed: where the plane "
        f"leaves the ball. The path is projected: on average {100 * plane.outside.mean():.0f} % of a step's L2 "
        "distance from the image lies outside the plane."
    )


def _draw_path(ax: Axes, path: np.ndarray) -> None:
    """The iterates as dots on a line, some with their number; the clean image as a cross."""
    for colour, width in ((PALE, 3.2), (INK, 1.2)):
        ax.plot(*path.T, color=colour, linewidth=width, zorder=3)
    ax.plot(*path.T, "o", color=PALE, markeredgecolor=INK, markersize=4.5, markeredgewidth=0.9, zorder=4)
    ax.plot(0, 0, "P", color=PALE, markeredgecolor=INK, markersize=10, zorder=5)
    box = {"boxstyle": "round,pad=.15", "facecolor": PALE, "edgecolor": INK, "linewidth": 0.6}
    for i in numbered(path):
        ax.annotate(str(i), path[i], (8, 2), textcoords="offset points", ha="left", va="bottom", fontsize=9,
                    color=INK, bbox=box, zorder=6)  # fmt: skip
