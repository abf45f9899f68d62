"""Figure 1d of Pang et al. 2018 as a small simulation: a density detector attacked, on a cloud and on thin curves."""

from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from robustlib.figures.page.inks import BLUE, DIM, VERMILLION
from robustlib.figures.page.picture import Picture
from robustlib.figures.plots.canvas import canvas, figure

POINTS = 200  # of each class to fit the density, as many again to set the threshold; half as many are attacked
REFUSED = 0.05  # share of normal points below the threshold
APART = 3.6  # distance of the class means
PATH = 6.0  # length of the attacker's walk
REACH = 4.2  # half the side of the plane that is searched and drawn
GAMMAS = tuple(2.0**k for k in range(11))
LAYOUTS = {"cloud": None, "curves, end to end": 0.0, "curves, side by side": 90.0}  # turn of each arc, degrees
SOBER = "One simulated layout each, which proves nothing. The nearest accepted point is one of a grid, 0.04 apart."
ORIGINAL, TARGET = BLUE, VERMILLION


@dataclass(frozen=True)
class Attacked:
    """What the attacker reached on one layout of the features; lengths in units of the plane, means over points."""

    gamma: float  # of the kernel exp(-gamma d^2), the one with the best held-out likelihood
    area: float  # of the accepted region of the target class
    reached: float  # share of the points that ended inside
    found: float  # distance of the gradient steps' best point, over the points that ended inside
    nearest: float  # distance to the accepted region by search on a grid: what a perfect attacker needs


@dataclass(frozen=True)
class ManifoldToy:
    """The picture, and the numbers of its three layouts."""

    picture: Picture
    cloud: Attacked
    end_to_end: Attacked
    side_by_side: Attacked

    def _repr_html_(self) -> str:
        return self.picture._repr_html_()

    def __repr__(self) -> str:
        return repr(self.picture)


def manifold_toy(steps: int = 100, seed: int = 0, caption: str = "") -> ManifoldToy:
    """Two classes as round clouds and as thin arcs, with the same means and total variance, and what an attack costs.

    White-box: the points of one class walk up the log-density of the other until its detector (threshold at 5 % false
    positives on held-out points) accepts them, then back towards their start while it does. The arcs lie in two ways,
    because it matters. An illustration, no evidence: a distance between features is not one between images.

    Raises: ValueError for fewer than 20 steps, in which no point would arrive.
    """
    if steps < 20:
        raise ValueError(f"the attacker needs at least 20 steps, got {steps}")
    generator = torch.Generator().manual_seed(seed)
    drawn, found = canvas(4.8, 5.2), []
    for ax, (name, turn) in zip(drawn.subplots(2, 2).flat, LAYOUTS.items(), strict=False):
        original, target = (_class(turn, side, generator) for side in (-1, 1))
        found.append(_attacked(ax, original, target, steps))
        ax.set_title(f"{name}:\nmoved by {found[-1].found:.2f}")
        ax.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", xticks=[], yticks=[])
        ax.grid(visible=False)
    drawn.axes[-1].set_axis_off()
    drawn.axes[-1].legend(*drawn.axes[0].get_legend_handles_labels(), loc="center", frameon=False, fontsize=10)
    said = "; ".join(
        f"{name}: {at.found:.2f} (nearest accepted point: {at.nearest:.2f}; accepted area: {at.area:.1f})"
        for name, at in zip(LAYOUTS, found, strict=True)
    )
    picture = figure(
        drawn,
        alt="Three panels with two classes in a plane, first as round clouds, then as thin arcs in two positions, and "
        f"the region that the detector accepts as the second class. Mean distance the attacker moved: {said}.",
        caption=caption
        or f"Shaded: what the detector accepts. Mean distance the attacker moves a point: {said}. {SOBER}",
        axes="Horizontal and vertical: the two numbers of a feature.",
    )
    return ManifoldToy(picture, *found)


def _class(turn: float | None, side: int, generator: torch.Generator) -> Tensor:
    """One class's points, (2 * POINTS, 2): mean (side * APART / 2, 0), total variance 1; a cloud if turn is None."""
    first, second = torch.randn(2, 2 * POINTS, generator=generator)
    if turn is not None:
        along = 2 * torch.rand(2 * POINTS, generator=generator) - 1
        first, second = along, 0.5 * along**2 + 0.03 * second
    z = torch.stack([first, second], 1)
    z = z - z.mean(0)
    z = z / z.square().sum(1).mean().sqrt()
    angle = np.deg2rad(side * (turn or 0.0))
    rotation = torch.tensor([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], dtype=z.dtype)
    return z @ rotation + torch.tensor([side * APART / 2, 0.0])


def _log_density(z: Tensor, centres: Tensor, gamma: float) -> Tensor:
    """Of a mean of normalised Gaussian kernels, (n,)."""
    squared = (z[:, None] - centres[None]).square().sum(-1)
    return (-gamma * squared).logsumexp(1) - np.log(len(centres)) + np.log(gamma / np.pi)


def _walk(start: Tensor, centres: Tensor, gamma: float, threshold: float, steps: int) -> tuple[Tensor, Tensor]:
    """The nearest point found where the density passes the threshold, and its distance: inf if there was none."""
    z, end, best = start.clone(), start.clone(), torch.full((len(start),), torch.inf)
    for i in range(steps):
        z = z.requires_grad_(True)
        wide = gamma ** min(1.0, 2 * i / steps)  # wide kernels first: no small bump far outside holds a point back
        (up,) = torch.autograd.grad(_log_density(z, centres, wide).sum(), z)
        z = z.detach()
        inside, moved = _log_density(z, centres, gamma) >= threshold, z - start
        nearer = inside & (moved.norm(dim=1) < best)
        end, best = torch.where(nearer[:, None], z, end), torch.where(nearer, moved.norm(dim=1), best)
        way = torch.where(inside[:, None], -moved, up)
        way = way / way.norm(dim=1, keepdim=True).clamp(min=1e-12)
        z = z + 2 * PATH / steps * (1 - i / steps) * way
    return end, best


def _attacked(ax: Axes, original: Tensor, target: Tensor, steps: int) -> Attacked:
    """Fit, threshold, attack and draw one layout."""
    centres, held = target[::2], target[1::2]
    gamma = max(GAMMAS, key=lambda g: _log_density(held, centres, g).mean().item())
    threshold = _log_density(held, centres, gamma).quantile(REFUSED).item()
    side = torch.linspace(-REACH, REACH, 220)
    plane = torch.stack(torch.meshgrid(side, side, indexing="xy"), -1).flatten(0, 1)
    densities = _log_density(plane, centres, gamma)
    accepted = plane[densities >= threshold]
    start = original[1::4]
    end, best = _walk(start, centres, gamma, threshold, steps)
    reached = best.isfinite()
    nearest = torch.cdist(start, accepted).min(1).values
    levels = densities.view(len(side), -1).numpy()
    ax.contourf(side, side, levels, [threshold, 1e3], colors=[(TARGET, 0.2)]).set(edgecolor=TARGET, linewidth=1.0)
    for a, b in zip(start[reached][::5].tolist(), end[reached][::5].tolist(), strict=True):
        ax.annotate("", b, a, arrowprops={"arrowstyle": "->", "color": DIM, "linewidth": 0.7, "shrinkA": 0})
    ax.plot(*start.T, "o", color=ORIGINAL, markersize=2.5, label="original class")
    ax.plot(*held.T, "s", color=TARGET, markersize=2, label="target class")
    return Attacked(
        gamma,
        (side[1] - side[0]).item() ** 2 * len(accepted),
        reached.float().mean().item(),
        best[reached].mean().item(),
        nearest.mean().item(),
    )
