"""Rows of images under a name each, with a line of words below every image."""

from collections.abc import Mapping, Sequence
from html import escape

from robustlib.figures.page.assets import asset
from robustlib.figures.page.fragment import Fragment, attribute, fragment, legend
from robustlib.figures.page.slider import MARK, Frame
from robustlib.figures.page.sprite import TILE, sprite

CSS = TILE + asset(__name__, "image_rows.css")


def image_rows(
    rows: Mapping[str, Sequence[Frame]],  # name of the row, or "" -> its images, all of one shape
    *,
    alt: str,  # what every image shows: "a handwritten 3"
    caption: str,
    scale: float = 3,  # CSS pixels per image pixel
) -> Fragment:
    """A row of images for each name: what becomes of an image from left to right.

    A misread image has a cross and a dashed frame, one that is read right a tick. A row that is too long goes on below.
    Raises: ValueError unless there is a row, every row has an image, and alt and caption say something.
    """
    if not rows or not all(rows.values()) or not alt.strip() or not caption.strip():
        counts = {name: len(inside) for name, inside in rows.items()}
        raise ValueError(
            f"need rows with an image each, words in alt and a caption, got {counts}, {alt!r}, {caption!r}"
        )
    sheet = sprite([frame.image for inside in rows.values() for frame in inside], max(map(len, rows.values())))
    groups, words, at = [], [], 0
    for name, inside in rows.items():
        tiles = []
        for frame in inside:
            said = MARK[frame.right] + frame.text
            wrong = " rl-wrong" if frame.right is False else ""
            place = f"--x:{at % sheet.columns};--y:{at // sheet.columns}"
            label = attribute(f"{', '.join(filter(None, (alt, name)))}: {said}".rstrip(": "))
            picture = f'<div class="rl-pic" role="img" style="{place}" aria-label="{label}"></div>'
            tiles.append(f'<div class="rl-tile{wrong}">{picture}{escape(said)}</div>')
            at += 1
        row = f'<div class="rl-tiles">{"".join(tiles)}</div>'
        head = f"<figcaption>{escape(name)}</figcaption>" if name else ""
        groups.append(f'<figure class="rl-line">{head}{row}</figure>')
        words.append(f"{name}: {'; '.join(MARK[frame.right] + frame.text for frame in inside)}".removeprefix(": "))
    body = "".join(groups) + legend(caption)
    return fragment("rows", CSS, body, "\n".join([f"{alt}:", *words, caption]), f' style="{sheet.style(scale)}"')
