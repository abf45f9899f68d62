"""The two questions an attack can answer, on a plane: the worst point of a ball, and the nearest wrong point."""

from collections.abc import Sequence
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Rectangle
from torch import Tensor, nn

from robustlib.figures.page.fragment import Fragment
from robustlib.figures.page.frames import Frame, fate
from robustlib.figures.page.inks import BLUE, DIM, VERMILLION
from robustlib.figures.plots.canvas import raster, square
from robustlib.interfaces import Attack

CLEAN, FOUND = BLUE, VERMILLION
PIXELS = 190  # width and height of one picture


class Wave(nn.Module):
    """Two classes on the unit square, above and below a wave: images of two pixels, shape (n, 1, 1, 2)."""

    def forward(self, x: Tensor) -> Tensor:
        first, second = x.flatten(1).T
        above = 8 * (second - 0.62 + 0.16 * torch.sin(7 * first))
        return torch.stack([-above, above], 1)


def budget_toy(
    budget: dict[str, dict[float, Attack]],  # norm -> radius -> the attack with that radius; norms "L-infinity", "L2"
    nearest: dict[str, Attack],  # norm -> a minimum-norm attack
    *,
    spot: tuple[float, float] = (0.4, 0.3),
    caption: str = "",
) -> Fragment:
    """One slider for eps: the ball grows, the budget attack styles for the worst point in it, and the dashed outline is
    the ball in which the minimum-norm attack found the nearest wrong point.

    Raises: ValueError unless both arguments name the same norms, with the same radii.
    """
    radii = [tuple(attacks) for attacks in budget.values()]
    if set(budget) != set(nearest) or len(set(radii)) != 1:
        raise ValueError(f"need one nearest attack for each norm and the same radii, got {list(nearest)} and {radii}")
    model, x, y = Wave(), torch.tensor(spot).view(1, 1, 1, 2), torch.tensor([0])
    panels: dict[str, Sequence[Frame]] = {}
    for name, attacks in budget.items():
        near = nearest[name](model, x, y)
        size = _size(near - x, name)
        frames = []
        for eps, attack in attacks.items():
            torch.manual_seed(0)
            x_adv = attack(model, x, y) if eps > 0 else x
            holds = bool(model(x_adv).argmax(1) == y)
            said = "nothing found" if holds else f"wrong, at {_size(x_adv - x, name):.2f}"
            frames.append(Frame(_picture(model, x, x_adv, near, size, eps, name), said, holds))
        panels[f"{name}: nearest wrong {size:.2f}"] = frames
    return fate(
        {"": panels},
        list(radii[0]),
        alt="A point, the ball around it, and a wavy boundary",
        caption=f"{caption} Horizontal and vertical: the two pixels of an image, from 0 to 1.".strip(),
        scale=1,
        start=len(radii[0]) // 2,
    )


def _size(delta: Tensor, norm: str) -> float:
    """The length of one perturbation."""
    return (delta.norm() if norm == "L2" else delta.abs().max()).item()


def _picture(model: nn.Module, x: Tensor, x_adv: Tensor, near: Tensor, size: float, eps: float, name: str) -> Tensor:
    """The square with both regions, the ball, the dashed ball of the nearest point, and where the attack went."""
    ax = square(PIXELS)
    grid = torch.linspace(0, 1, PIXELS)
    plane = torch.stack(torch.meshgrid(grid, grid, indexing="xy"), -1).view(-1, 1, 1, 2)
    above = model(plane).argmax(1).view(PIXELS, PIXELS)
    ax.contourf(grid, grid, above, [0.5, 1], colors=[DIM], alpha=0.25)
    (a, b), (c, d), (e, f) = (point.flatten().tolist() for point in (x, x_adv, near))
    _outline(ax, name, (a, b), size, DIM, "dashed")
    _outline(ax, name, (a, b), eps, CLEAN, "solid")
    ax.plot([a, c], [b, d], color=FOUND, linewidth=1.2)
    ax.plot(a, b, "o", color=CLEAN, markersize=6)
    ax.plot(e, f, "*", color=DIM, markersize=8)
    ax.plot(c, d, "X", color=FOUND, markersize=7)
    ax.set(xlim=(0, 1), ylim=(0, 1))
    return raster(ax)


def _outline(ax: Axes, name: str, middle: tuple[float, float], size: float, colour: str, line: str) -> None:
    """The edge of a ball of this norm."""
    style: dict[str, Any] = {"fill": False, "edgecolor": colour, "linestyle": line, "linewidth": 1.4}
    if name == "L2":
        ax.add_patch(Circle(middle, size, **style))
    else:
        ax.add_patch(Rectangle((middle[0] - size, middle[1] - size), 2 * size, 2 * size, **style))
