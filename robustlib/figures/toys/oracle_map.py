"""A point moves through a two-dimensional embedding: which oracles win, under the exact rule and under DunDi's two."""

from copy import deepcopy
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from torch import Tensor, nn

from robustlib.figures.page.fragment import Fragment
from robustlib.figures.page.frames import Frame, fate
from robustlib.figures.page.inks import BLACK, DIM, PAPER
from robustlib.figures.plots.canvas import raster
from robustlib.figures.plots.layouts import AXES, plane
from robustlib.figures.plots.style import CLASS_COLOURS
from robustlib.interfaces import Features

Rules = tuple[Any, Any]  # heads with oracles (k, n, 2) and the share of each, 0 in empty places
GRID = 150  # points a side at which the rules are compared
PALE = 0.22  # opacity of the regions


def oracle_map(
    exact: nn.Module,  # NearestOracles: the nearest class, by the mean distance to all oracles
    two: nn.Module,  # TwoStep on the same oracles
    *,
    steps: int = 17,
    caption: str = "",
) -> Fragment:
    """One slider for the way of a point: who wins under the exact nearest class, and under the two-step rule.

    The point goes from the centre of one class to that of another. On the way lies the place where the two rules
    disagree most, if there is one: where the class that two steps find is further than the nearest by the largest
    amount. The colour of a region says which class wins there. In the right picture the first m oracles of each class,
    which are all that step 1 sees, have a ring; the classes that it drops are small.

    Source: Cui et al. 2019, section 3.4 and algorithm 1.
    Raises: ValueError unless both rules hold the same oracles, in two dimensions, of two classes or more; and for
    steps < 3.
    """
    rules: Rules = (deepcopy(exact).cpu(), deepcopy(two).cpu())
    shapes = [tuple(rule.oracles.shape) for rule in rules]
    if shapes[0][0] < 2 or shapes[0][2] != 2 or steps < 3:
        raise ValueError(
            f"need two classes or more, oracles in two dimensions and steps >= 3, got (classes, oracles, dimensions) = "
            f"{shapes[0]} and steps={steps}"
        )
    if shapes[0] != shapes[1] or not torch.equal(rules[0].oracles, rules[1].oracles):
        raise ValueError(f"the two rules hold different oracles, {shapes[0]} and {shapes[1]}; build both from one draw")
    path = _path(*rules, steps)
    away = -rules[0](path)
    nearest, found = (rule(path).argmax(1).tolist() for rule in rules)
    keeps = [sorted(row.tolist()) for row in _first_step(rules[1], path)]
    left, right, values = [], [], []
    for i, (a, b) in enumerate(zip(nearest, found, strict=True)):
        second = int(away[i].topk(2, largest=False).indices[1])
        left.append(f"class {a} at mean distance {away[i, a]:.2f}, then {second} at {away[i, second]:.2f}")
        gone = "" if a in keeps[i] else f" and drops {a}"
        right.append(f"step 1 keeps {', '.join(map(str, keeps[i]))}{gone}; step 2: class {b}")
        values.append(f"{i} (both {a})" if a == b else f"{i} (exact {a}, two steps {b})")
    pictures = (_pictures(rules[0], path, nearest, None, 0), _pictures(rules[1], path, found, keeps, rules[1].m))
    rows = {
        name: [Frame(image, text) for image, text in zip(shown, texts, strict=True)]
        for name, shown, texts in (("exact", pictures[0], left), ("two steps", pictures[1], right))
    }
    alt = (
        "A plane of oracles in the regions of their classes, and a point with lines to the oracles of the class it gets"
    )
    return fate({"": rows}, values, alt=alt, label="position", caption=f"{caption} {AXES}".strip(), scale=1)


def disagreement(exact: Any, two: Any) -> tuple[Features, int, int] | None:
    """The point (1, 2) of a grid where two steps lose most, the exact class there and the one found; None if none."""
    spots = _grid(exact)
    away = -exact(spots)
    nearest, found = away.argmin(1), two(spots).argmax(1)
    lost = (away.gather(1, found[:, None]) - away.gather(1, nearest[:, None])).squeeze(1)
    at = int(lost.argmax())
    return (spots[at : at + 1], int(nearest[at]), int(found[at])) if nearest[at] != found[at] else None


def _grid(rule: Any) -> Features:
    """Points around the oracles, from the upper left, row after row."""
    box = _box(rule)
    ax = plane(box)
    across, up = np.linspace(*ax.get_xlim(), GRID), np.linspace(*ax.get_ylim(), GRID)[::-1]
    spots = np.stack(np.meshgrid(across, up), -1).reshape(-1, 2)
    return torch.from_numpy(spots).to(rule.oracles)


def _box(rule: Any) -> np.ndarray:
    """The oracles, without the empty places."""
    return rule.oracles[rule.share > 0].numpy()


def _path(exact: Any, two: Any, steps: int) -> Features:
    """From the centre of one class to that of another, by way of the disagreement."""
    centres = (exact.oracles * exact.share[..., None]).sum(1)
    split = disagreement(exact, two)
    present = (0, len(centres) - 1) if split is None else (split[2], split[1])
    start, end = (centres[c][None] for c in present)
    half = torch.linspace(0, 1, steps // 2 + 1).to(centres)[:, None]
    rest = torch.linspace(0, 1, steps - steps // 2).to(centres)[1:, None]
    middle = (start + end) / 2 if split is None else split[0]
    return torch.cat([start + half * (middle - start), middle + rest * (end - middle)])


def _first_step(two: Any, path: Features) -> Tensor:
    """The classes that step 1 keeps, (n, k)."""
    some = two.oracles[:, : two.m].contiguous()
    away = torch.cdist(path, some.flatten(0, 1)).unflatten(1, some.shape[:2]).mean(2)
    return away.argsort(dim=1, stable=True)[:, : two.k]


def _pictures(rule: Any, path: Features, wins: list[int], keeps: list[list[int]] | None, m: int) -> list[Tensor]:
    """The map at each position of the point."""
    colours = [CLASS_COLOURS[c % len(CLASS_COLOURS)] for c in range(len(rule.oracles))]
    regions = rule(_grid(rule)).argmax(1).view(GRID, GRID)
    pale = np.array([to_rgba(colour, PALE) for colour in colours])[regions]
    shown = []
    for i, (spot, c) in enumerate(zip(path.tolist(), wins, strict=True)):
        ax = plane(_box(rule))
        ax.imshow(pale, extent=(*ax.get_xlim(), *ax.get_ylim()), interpolation="nearest", aspect="auto", zorder=0)
        for other, colour in enumerate(colours):
            own = rule.oracles[other][rule.share[other] > 0].numpy()
            size = 9 if keeps is None or other in keeps[i] else 5
            _class(ax, own, m, f"${other}$", colour, size)
        for oracle in rule.oracles[c][rule.share[c] > 0].tolist():
            ax.plot([spot[0], oracle[0]], [spot[1], oracle[1]], color=DIM, linewidth=0.8, zorder=2)
        ax.plot(*spot, "o", markersize=11, color=PAPER, markeredgecolor=BLACK, markeredgewidth=2.2, zorder=5)
        shown.append(raster(ax))
    return shown


def _class(ax: Axes, own: Any, ringed: int, glyph: str, colour: str, size: float) -> None:
    """The oracles of a class as its glyph, the first ones in a ring."""
    ax.plot(*own.T, linestyle="", marker=glyph, markersize=size, color=colour, markeredgewidth=0.3, zorder=3)
    first = own[:ringed]
    ax.plot(*first.T, "o", markersize=size + 6, markerfacecolor="none", markeredgecolor=colour, zorder=3)
