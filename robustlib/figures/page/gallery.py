"""Sample images side by side, each with what it shows and what a model says of it."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from robustlib.figures.page.assets import asset
from robustlib.figures.page.fragment import Fragment, fragment, legend
from robustlib.figures.page.sprite import TILE, Pixels, sprite

CSS = TILE + asset(__name__, "gallery.css")


def gallery(
    images: Mapping[str, Pixels],  # by attack
    y: Any,  # (n,) labels, the same for all attacks
    predictions: Mapping[str, Any],  # (n,) by attack
    *,
    caption: str,
    classes: Sequence[str] | None = None,
    columns: int = 5,
    scale: float = 1.75,  # CSS pixels per image pixel
) -> Fragment:
    """Sample images with their label and what the model says, a group for each attack (figure 1 of the triplet report).

    "4→8 ✗" stands under an image of a 4 that the model calls an 8; a misread one also has a dashed frame.
    Raises: ValueError unless every attack has as many images and predictions as there are labels.
    """
    labels = [int(v) for v in y]
    said = {name: [int(v) for v in predictions[name]] for name in images}
    counts = {len(images[name]) for name in images} | {len(guesses) for guesses in said.values()}
    if counts != {len(labels)}:
        raise ValueError(
            f"{len(labels)} labels need as many images and predictions under each attack, got {sorted(counts)}"
        )
    sheet = sprite([image for name in images for image in images[name]], columns=columns * len(images))
    groups, words, at = [], [], 0
    for name, guesses in said.items():
        tiles = []
        for label, guess in zip(labels, guesses, strict=True):
            read = f"{classes[label]}→{classes[guess]}" if classes else f"{label}→{guess}"
            wrong, mark = (" rl-wrong", "✗") if guess != label else ("", "✓")
            position = f"--x:{at % sheet.columns};--y:{at // sheet.columns}"
            picture = f'<div class="rl-pic" aria-hidden="true" style="{position}"></div>'
            tiles.append(f'<div class="rl-tile{wrong}">{picture}{escape(read)} {mark}</div>')
            at += 1
        misread = sum(guess != label for label, guess in zip(labels, guesses, strict=True))
        words.append(f"{name}: {misread} of {len(labels)} misread")
        grid = (
            f'<div class="rl-grid" style="grid-template-columns:repeat({columns},max-content)">{"".join(tiles)}</div>'
        )
        groups.append(f'<figure class="rl-group"><figcaption>{escape(words[-1])}</figcaption>{grid}</figure>')
    body = f'<div class="rl-groups">{"".join(groups)}</div>{legend(caption)}'
    return fragment("gallery", CSS, body, f"{'; '.join(words)}.\n{caption}", f' style="{sheet.style(scale)}"')
