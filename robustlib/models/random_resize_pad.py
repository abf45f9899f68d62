"""Random resizing and padding in front of a network: another view of the image at every call."""

from itertools import product

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from robustlib.interfaces import Images, Logits
from robustlib.models.classifier import Classifier

Whole = Int[Tensor, " n"]
Views = Float[Tensor, "n c s s"]  # s = high
GREY = 0.5  # zero where the networks of the source read images in [-1, 1]


class RandomResizePad(nn.Module):
    r"""Each image resized to a random side r, and put at a random place of a square of side `high`.

    .. math:: r \sim U\{low, .., high - 1\}, \qquad top, left \sim U\{0, .., high - r\}

    Every image of every call has draws of its own, in train and in eval mode, from torch's global CPU generator. A
    pixel of the resized image is the nearest one of the image, so that the layer has a gradient: what hides it is that
    one draw's is not another's. Shapes: (n, c, size, size) -> (n, c, high, high), for any size.

    Source: Xie et al. 2018, the randomization layers (a size of 299, low 299 or 310, high 331), and the released code
    (nearest pixel). Their flips are not here.
    Raises: ValueError unless 1 <= size <= low < high; when called, for images of another size.
    """

    draws_random_numbers = True

    def __init__(self, size: int, low: int, high: int, value: float = GREY) -> None:
        super().__init__()
        if not 1 <= size <= low < high:
            raise ValueError(
                f"the range of sides must lie at or above the images' side, size <= low < high, got size={size}, "
                f"low={low}, high={high}: a smaller image would lose pixels"
            )
        self.size, self.low, self.high, self.value = size, low, high, value

    def extra_repr(self) -> str:
        """What it prints between its brackets."""
        return f"size={self.size}, low={self.low}, high={self.high}, value={self.value}"

    def forward(self, x: Images) -> Views:
        check_side(x, self.size)
        draws = torch.rand(len(x), 3, dtype=torch.float64)
        side = self.low + (draws[:, 0] * (self.high - self.low)).long()
        top, left = ((draws[:, i] * (self.high - side + 1)).long() for i in (1, 2))
        return placed(x, side, top, left, self.high, self.value)


class ResizePad(nn.Module):
    """One fixed pattern: every image resized to a side and put at a place, as one draw of `RandomResizePad` does.

    Raises: ValueError unless the resized image lies inside the square.
    """

    def __init__(self, side: int, top: int, left: int, high: int, value: float = GREY) -> None:
        super().__init__()
        if side < 1 or min(top, left) < 0 or max(top, left) + side > high:
            raise ValueError(f"a side of {side} at ({top}, {left}) does not lie inside a square of {high}")
        self.side, self.top, self.left, self.high, self.value = side, top, left, high, value

    def forward(self, x: Images) -> Views:
        side, top, left = (torch.full((len(x),), number) for number in (self.side, self.top, self.left))
        return placed(x, side, top, left, self.high, self.value)


class PatternEnsemble(nn.Module):
    r"""The mean of a classifier's logits over fixed patterns: what an attacker climbs who knows the defence's range.

    .. math:: \frac1P \sum_{p=1}^P f(t_p(x))

    Source: Xie et al. 2018, the ensemble-pattern attack scenario. Raises: ValueError without a pattern.
    """

    def __init__(self, model: nn.Module, patterns: tuple[ResizePad, ...]) -> None:
        super().__init__()
        if not patterns:
            raise ValueError("an ensemble of patterns needs one at least")
        self.model, self.patterns = model, nn.ModuleList(patterns)

    def forward(self, x: Images) -> Logits:
        return torch.stack([self.model(pattern(x)) for pattern in self.patterns]).mean(0)


def randomised(model: Classifier, size: int, low: int, high: int) -> Classifier:
    """The same network, weights shared, behind `RandomResizePad`; body [0] is that layer. It needs no training.

    The network has to take images of side `high`: one that ends in a global average does. Raises: as the layer.
    """
    return Classifier(nn.Sequential(RandomResizePad(size, low, high), model.body), model.head)


def five_places(sides: tuple[int, ...], high: int) -> tuple[ResizePad, ...]:
    """Each side in the four corners and in the middle of the square, and the whole square: 5 x sides + 1 patterns."""
    found = [ResizePad(high, 0, 0, high)]
    for side in sides:
        rest = high - side
        corners = list(product((0, rest), repeat=2))
        found += [ResizePad(side, top, left, high) for top, left in [*corners, (rest // 2, rest // 2)]]
    return tuple(found)


def placed(x: Images, side: Whole, top: Whole, left: Whole, high: int, value: float = GREY) -> Views:
    """Each image at its side, nearest pixel, with its upper left corner at (top, left) of a square of one value."""
    n, c, h, w = x.shape
    rows, within_rows = (found.to(x.device) for found in _sources(side, top, high, h))
    columns, within_columns = (found.to(x.device) for found in _sources(side, left, high, w))
    picked = x.gather(2, rows[:, None, :, None].expand(n, c, high, w))
    picked = picked.gather(3, columns[:, None, None].expand(n, c, high, high))
    inside = (within_rows[:, :, None] & within_columns[:, None])[:, None]
    return torch.where(inside, picked, torch.full_like(picked, value))


def _sources(side: Whole, start: Whole, high: int, size: int) -> tuple[Tensor, Tensor]:
    """For each of `high` pixels of an axis the image's pixel that it shows, and whether it shows one, (n, high)."""
    at = torch.arange(high)[None] - start[:, None]
    source = (at * size).div(side[:, None], rounding_mode="floor")
    return source.clamp(0, size - 1), (at >= 0) & (at < side[:, None])


def check_side(x: Images, size: int) -> None:
    """Raises: ValueError unless the images are square and of this side."""
    if x.shape[2:] != (size, size):
        raise ValueError(f"this defence is for images of {size} x {size}, got {x.shape[2]} x {x.shape[3]}")
