"""Clean, change, attacked: what an attack did to a few images, and what the model says of them."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from robustlib.figures.page.assets import asset
from robustlib.figures.page.fragment import Fragment, attribute, fragment, legend
from robustlib.figures.page.sprite import TILE, Pixels, sprite

CSS = TILE + asset(__name__, "triptych.css")
SHADES = 33  # of grey: an odd number, so that no change is exactly grey


def triptych(
    x: Pixels,
    x_adv: Pixels,
    *,
    y: Any,  # (n,) labels
    said: Any,  # what the model says of x: (n,) classes, or (n, k) logits, whose softmax gives its probability
    said_adv: Any,  # of x_adv
    caption: str,
    classes: Sequence[str] | None = None,
    gain: float = 5,  # factor on the change
    scale: float = 4,  # CSS pixels per image pixel, at least so many that an image is 80 wide; on a phone it is 80
) -> Fragment:
    """A row for each image: clean | the change, `gain` times around grey | attacked, and what the model says.

    A misread image has a dashed frame and a cross. The change of each is measured: its largest pixel (L-infinity) and
    its length (L2), pixel units of [0, 1]. Where the magnified change leaves [0, 1] it is cut, and the head says so.
    For pictures stored in a result row: `triptych(**robustlib.experiments.stored_pictures(row), caption=...)`.

    Raises: ValueError unless there is an image, all counts are equal, images lie in [0, 1], gain > 0, a caption is
    given, and `said` is classes or logits.
    """
    clean, moved = _images(x, "x"), _images(x_adv, "x_adv")
    labels, before, after = [int(c) for c in y], _says(said), _says(said_adv)
    counts = [len(clean), len(moved), len(labels), len(before), len(after)]
    if len(set(counts)) != 1 or clean.shape != moved.shape or not len(clean):
        raise ValueError(
            f"need as many images before and after as labels and readings, and one at least, got "
            f"{clean.shape}, {moved.shape}, and {', '.join(map(str, counts[2:]))} of y, said, said_adv"
        )
    if gain <= 0 or not caption.strip():
        raise ValueError(f"need gain > 0 and a caption, got {gain} and {caption!r}")
    change = moved - clean
    magnified = 0.5 + gain * change
    tiles = np.stack([clean, magnified, moved], 1).reshape(-1, *clean.shape[1:])
    sheet = sprite(tiles, 3, levels=SHADES, colours=None)
    cut = ", cut at black and white" if np.abs(gain * change).max() > 0.5 + 1e-6 else ""
    name = (lambda c: classes[c]) if classes else str
    rows, words = [], []
    for i, label in enumerate(labels):
        size = f"L-infinity {np.abs(change[i]).max():.3f}, L2 {np.linalg.norm(change[i]):.2f}"
        cells, parts = [], []
        for j, (kind, read) in enumerate((("clean", before[i]), ("change", None), ("attacked", after[i]))):
            text = (
                size
                if read is None
                else f"says {name(read[0])}{read[1]}\N{NO-BREAK SPACE}{'✓' if read[0] == label else '✗'}"
            )
            wrong = " rl-wrong" if read is not None and read[0] != label else ""
            alt = f"{name(label)}, {kind}: {text.replace('✓', '(right)').replace('✗', '(misread)')}"
            if read is None:
                alt = f"change of the {name(label)}, {gain:g} times around grey: {size}"
            cells.append(_cell(alt, text, wrong, j, i))
            parts.append(f"{kind} {text}")
        words.append(f"{name(label)}: {'; '.join(parts)}")
        rows.append(f'<tr><th scope="row">{escape(name(label))}</th>{"".join(cells)}</tr>')
    heads = ("clean", f"change × {gain:g}<br><small>around grey{cut}</small>", "attacked")
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    body = f'<table><thead><tr><th scope="col">label</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    body += legend(caption)
    large = max(scale, 80 / sheet.width)
    return fragment("triptych", CSS, body, "\n".join([*words, caption]), f' style="{sheet.style(large)}"')


def _cell(alt: str, text: str, wrong: str, column: int, row: int) -> str:
    """A picture and what is said below it."""
    picture = f'<div class="rl-pic" role="img" style="--x:{column};--y:{row}" aria-label="{attribute(alt)}"></div>'
    said = escape(text).replace("L-infinity", "L∞").replace(", ", "<br>")
    return f'<td class="rl-cell{wrong}">{picture}<div>{said}</div></td>'


def _images(of: Pixels, name: str) -> np.ndarray:
    """Images as (n, c, h, w) numbers; what is outside [0, 1], or no set of images, is an error."""
    stack = np.stack([_array(image) for image in of]) if len(of) else np.empty((0, 1, 1, 1))
    stack = stack[:, None] if stack.ndim == 3 else stack
    if stack.ndim != 4 or stack.shape[1] not in (1, 3):
        raise ValueError(f"{name} must be images (n, 1, h, w), (n, 3, h, w) or (n, h, w), got {stack.shape}")
    if len(stack) and not (stack.min() >= -1e-6 and stack.max() <= 1 + 1e-6):
        raise ValueError(f"{name} must lie in [0, 1], got {stack.min():g} to {stack.max():g}; divide 8-bit by 255")
    return stack


def _array(of: Any) -> np.ndarray:
    """A tensor, on whatever device, or anything array-like as numbers."""
    return np.asarray(of.detach().cpu() if hasattr(of, "detach") else of, np.float64)


def _says(of: Any) -> list[tuple[int, str]]:
    """The class that a model says of each image, and " (0.98)" where its logits are given."""
    found = _array(of)
    if found.ndim == 1 and np.array_equal(found, found.round()):
        return [(int(c), "") for c in found]
    if found.ndim != 2:
        raise ValueError(f"what the model says is (n,) classes or (n, k) logits, got {found.shape}")
    share = np.exp(found - found.max(1, keepdims=True))
    best = found.argmax(1)
    return [(int(c), f" ({p:.2f})") for c, p in zip(best, 1 / share.sum(1), strict=True)]
