"""Pictures with words: a matplotlib figure as a small WebP with alt text and caption, and galleries of images."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from PIL import Image

from robustlib.figures.page.assets import asset
from robustlib.figures.page.fragment import BASE, Fragment, attribute, fragment
from robustlib.figures.page.sprite import TILE, Pixels, sprite
from robustlib.files import write_bytes

CARD = asset(__name__, "picture.css")


@dataclass(frozen=True, repr=False)
class Picture:
    """An image with what it shows (`alt`) and what to look at (`caption`)."""

    webp: bytes
    alt: str
    caption: str
    width: int  # CSS pixels; narrower on a narrow page

    def _repr_html_(self) -> str:
        image = base64.b64encode(self.webp).decode()
        return (
            f'<style>{BASE}{CARD}</style><div class="rl rl-picture"><figure>'
            f'<img class="rl-card" width="{self.width}" alt="{attribute(self.alt)}" '
            f'src="data:image/webp;base64,{image}">'
            f"<figcaption>{escape(self.caption)}</figcaption></figure></div>"
        )

    def __repr__(self) -> str:
        return f"{self.alt}\n{self.caption}"

    def save(self, path: str | Path) -> None:
        """Write the image, as the file's ending says (.png, .webp). Raises: ValueError for another ending."""
        out, ending = BytesIO(), Path(path).suffix.lower()
        if ending not in (".png", ".webp"):
            raise ValueError(f"{path}: a picture is saved as .png or .webp, got {ending!r}")
        Image.open(BytesIO(self.webp)).save(out, ending[1:], lossless=True)
        write_bytes(path, out.getvalue())


def figure(drawn: Figure, *, alt: str, caption: str, dpi: int = 120, colours: int = 40) -> Picture:
    """A matplotlib figure as a picture: lossless WebP of a few colours, alt text, caption.

    Raises: ValueError if alt or caption is empty.
    """
    if not alt.strip():
        raise ValueError("alt is empty; say what the figure shows to a reader who cannot see it")
    if not caption.strip():
        raise ValueError("caption is empty; say what to look at, and norm, eps, n, seeds (see `caption`)")
    raw = BytesIO()
    drawn.draw_without_rendering()  # the layout once more: a name beside the axes moves when they shrink
    drawn.savefig(raw, format="png", dpi=dpi, facecolor="white")
    picture = Image.open(raw).convert("RGB").quantize(colours, dither=Image.Dither.NONE)
    out = BytesIO()
    picture.convert("RGB").save(out, "WEBP", lossless=True, quality=100, method=4)
    return Picture(out.getvalue(), alt, caption, round(drawn.get_figwidth() * 115))


TILES = TILE + asset(__name__, "gallery.css")


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
    body = f'<div class="rl-groups">{"".join(groups)}</div><p class="rl-caption">{escape(caption)}</p>'
    return fragment("gallery", TILES, body, f"{'; '.join(words)}.\n{caption}", f' style="{sheet.style(scale)}"')
