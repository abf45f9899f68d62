"""Random windows of an image, as the Square attack changes them: recoloured in the cube, bumps moved in the L2 ball."""

import math
from functools import lru_cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

from robustlib.geometry import L2, TINY, draw, per_example
from robustlib.interfaces import Images

ROUNDS = 4  # of scaling to eps and clipping to the box


def as_grid(x: Tensor) -> Images:
    """The same values as (n, c, h, w): a flat image is one row, and of further axes the last are joined."""
    sizes = [1] * max(0, 4 - x.ndim) + list(x.shape[1:])
    return x.reshape(len(x), *sizes[:2], math.prod(sizes[2:]))


def window_sides(share: float, height: int, width: int) -> tuple[int, int]:
    """Rows and columns of the window with this share of the area: a square, or what fits into a thin image."""
    area = share * height * width
    side = max(1, round(math.sqrt(area)))
    if side <= min(height, width):
        return side, side
    short = min(height, width)
    long = min(max(height, width), max(1, round(area / short)))
    return (short, long) if height < width else (long, short)


@lru_cache(maxsize=64)
def _window(height: int, width: int, rows: int, columns: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """How many corners a window has on either axis, the last of them, and its pixels by number where it lies there."""
    places = torch.tensor([height - rows + 1, width - columns + 1])
    pixels = torch.arange(rows)[:, None] * width + torch.arange(columns)
    return places.to(device), (places - 1).to(device), pixels.reshape(1, -1).to(device)


def window_at(u: Float[Tensor, "n 2"], x: Images, rows: int, columns: int) -> Int[Tensor, "n c pixels"]:
    """The pixels of one window an image, by number, its corner drawn from uniform numbers; every place is as likely."""
    n, c, h, w = x.shape
    places, last, pixels = _window(h, w, rows, columns, x.device)
    top, left = (u * places).long().minimum(last).unbind(1)  # the product may be rounded up
    return (torch.add(left, top, alpha=w)[:, None] + pixels)[:, None].expand(n, c, -1)


def stripes(x: Images, eps: float) -> Images:
    """The start in the cube: each column of each channel goes up or down by eps."""
    n, c, _, w = x.shape
    return (x + eps * (2 * (draw((n, c, 1, w), x) < 0.5).to(x) - 1)).clamp(0, 1)


def recolour(x: Images, best: Images, eps: float, rows: int, columns: int) -> Images:
    """`best`, with one window set to x + eps or x - eps, by channel."""
    n, c = x.shape[:2]
    u, either = draw((n, 2 + c), x), x.new_tensor([eps, -eps])
    at = window_at(u[:, :2], x, rows, columns)
    step = torch.where(u[:, 2:, None] < 0.5, either[0], either[1])
    clean, old = x.flatten(2).gather(2, at), best.flatten(2).gather(2, at)
    new = (clean + step).clamp_(0, 1)
    idle = (new == old).flatten(1).all(1)
    if idle.any():
        new = torch.where(per_example(idle, new), (clean - step).clamp_(0, 1), new)
    return best.flatten(2).scatter(2, at, new).reshape(x.shape)


@lru_cache(maxsize=64)
def bumps(rows: int, columns: int) -> Float[Tensor, "2 rows columns"]:
    """Two halves of opposite sign, each a hill with steep flanks, of unit norm: divided across, and along.

    A window of one row or one column can be divided in one way only, a single pixel in none.
    """

    def hill(rows: int, columns: int) -> Tensor:
        down = (torch.arange(rows) - rows // 2).abs()
        right = (torch.arange(columns) - columns // 2).abs()
        layers = 1 / torch.arange(1, max(rows, columns) // 2 + 2, dtype=torch.float64) ** 2
        layered = layers.flip(0).cumsum(0).flip(0)[torch.maximum(down[:, None], right)]
        return layered / layered.norm()

    def divided(rows: int, columns: int) -> Tensor:
        halves = torch.cat([hill(rows // 2, columns), -hill(rows - rows // 2, columns)])
        return halves / halves.norm()

    across = divided(rows, columns) if rows > 1 else None
    along = divided(columns, rows).T if columns > 1 else None
    known = [shape for shape in (across, along) if shape is not None] or [torch.ones(1, 1, dtype=torch.float64)]
    return torch.stack([known[0], known[-1]])


def grid_of_bumps(x: Images, eps: float) -> Images:
    """The start in the L2 ball: a grid of five by five bumps with random signs and directions, scaled to eps."""
    n, c, h, w = x.shape
    rows, columns = max(1, h // 5), max(1, w // 5)
    down, right = min(5, h), min(5, w)
    u = draw((n, 1 + c, down, right), x)
    bump = bumps(rows, columns).to(x)[(u[:, 0] < 0.5).long()]  # n down right rows columns
    tiles = (2 * (u[:, 1:] < 0.5).to(x) - 1)[..., None, None] * bump[:, None]
    delta = torch.zeros_like(x)
    top, left = (h - down * rows) // 2, (w - right * columns) // 2
    delta[:, :, top : top + down * rows, left : left + right * columns] = tiles.transpose(3, 4).reshape(
        n, c, down * rows, right * columns
    )
    return _scaled(x, delta, eps)


def move(x: Images, best: Images, eps: float, rows: int, columns: int) -> Images:
    """`best`, with the perturbation of a second window moved to a first one, along a new bump; scaled to eps."""
    n, c, h, w = x.shape
    rows, columns = (min(side, max(3, size + (size + 1) % 2)) for side, size in ((h, rows), (w, columns)))  # odd
    u = draw((n, 5 + c), x)
    first, second = (window_at(u[:, i : i + 2], x, rows, columns) for i in (0, 2))
    delta = (best - x).flatten(2)
    rest = delta.scatter(2, first, 0.0).scatter_(2, second, 0.0)
    whole = delta.square().sum(2)
    unused = (eps**2 - whole.sum(1, keepdim=True)).clamp(min=0) / c
    length = (whole - rest.square().sum(2) + unused).clamp(min=0).sqrt()
    bump = bumps(rows, columns).to(x)[(u[:, 4] < 0.5).long()].flatten(1)[:, None]
    new = _unit(delta.gather(2, first)) + (2 * (u[:, 5:, None] < 0.5).to(x) - 1) * bump
    return _scaled(x, rest.scatter_(2, first, _unit(new) * length[:, :, None]).reshape(x.shape), eps)


def _unit(values: Tensor) -> Tensor:
    return values / values.norm(dim=2, keepdim=True).clamp(min=TINY)


def _scaled(x: Images, delta: Images, eps: float) -> Images:
    """x + delta, with delta lengthened or shortened to eps: where the box cuts it off, the free pixels make up."""
    for _ in range(ROUNDS):
        delta = delta * per_example(eps / L2().size(delta).clamp(min=TINY), x)
        delta.add_(x).clamp_(0, 1).sub_(x)
    return (x + delta).clamp_(0, 1)
