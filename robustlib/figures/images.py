"""Pictures with words: a matplotlib figure as a small PNG with alt text and caption, and galleries of images."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from PIL import Image

from robustlib.figures.fragment import BASE, attribute
from robustlib.figures.fragment import Fragment as Fragment
from robustlib.figures.fragment import fragment
from robustlib.figures.sprite import Pixels, data_uri, place, sprite

CARD = (
    "html .bd-content div.cell_output .rl.rl-picture img.rl-card,.rl-picture img.rl-card"
    "{display:block;max-width:100%;height:auto;background:#fff;border-radius:.25rem;padding:.25rem}"
)


@dataclass(frozen=True, repr=False)
class Picture:
    """A PNG with what it shows (`alt`) and what to look at (`caption`)."""

    png: bytes
    alt: str
    caption: str
    width: int  # CSS pixels; narrower on a narrow page

    def _repr_html_(self) -> str:
        image = base64.b64encode(self.png).decode()
        return (
            f'<style>{BASE}{CARD}</style><div class="rl rl-picture"><figure>'
            f'<img class="rl-card" width="{self.width}" alt="{attribute(self.alt)}" src="data:image/png;base64,{image}">'
            f"<figcaption>{escape(self.caption)}</figcaption></figure></div>"
        )

    def __repr__(self) -> str:
        return f"{self.alt} {self.caption}"

    def save(self, path: str | Path) -> None:
        """Write the PNG."""
        Path(path).write_bytes(self.png)


def figure(drawn: Figure, *, alt: str, caption: str, dpi: int = 160, colours: int = 128) -> Picture:
    """A matplotlib figure as a picture: palette PNG, alt text, caption.

    Raises: ValueError if alt or caption is empty.
    """
    for what, text in (("alt", alt), ("caption", caption)):
        if not text.strip():
            raise ValueError(f"{what} is empty; say what the figure shows, for who cannot see it" if what == "alt" else
                             "caption is empty; say what to look at, and norm, eps, n, seeds")  # fmt: skip
    raw = BytesIO()
    drawn.savefig(raw, format="png", dpi=dpi, facecolor="white")
    picture = Image.open(raw).convert("RGB")
    small = picture.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    out = BytesIO()
    small.save(out, "PNG", optimize=True)
    return Picture(out.getvalue(), alt, caption, round(drawn.get_figwidth() * 100))


TILES = (
    ".rl-gallery{display:flex;flex-wrap:wrap;gap:1em 1.6em}.rl-gallery>figcaption{flex-basis:100%}"
    ".rl-gallery .rl-grid{display:grid;gap:6px 8px}"
    ".rl-gallery .rl-tile{font-size:.8em;text-align:center;white-space:nowrap}"
    ".rl-gallery .rl-pic{background-image:var(--s);image-rendering:pixelated;print-color-adjust:exact;margin:auto;"
    "border:2px solid #0072B2;box-sizing:content-box}"
    ".rl-gallery .rl-wrong .rl-pic{border:2px dashed #D55E00}"
    ".rl-gallery .rl-group>figcaption{font-weight:600;margin:0 0 .3em}"
)


def gallery(
    images: Mapping[str, Pixels] | Pixels,  # by attack, or one set
    y: Any,  # (n,) labels, the same for all attacks
    predictions: Mapping[str, Any] | Any,  # (n,) by attack, or one set
    *,
    caption: str,
    classes: Sequence[str] | None = None,
    columns: int = 5,
    scale: int = 2,  # CSS pixels per image pixel
) -> Fragment:
    """Sample images with their label and what the model reads, in one group per attack (figure 1 of the triplet report).

    Each image stands over "label -> reading"; a misread one has a dashed frame and a cross.
    """
    sets = images if isinstance(images, Mapping) else {"": images}
    read = predictions if isinstance(predictions, Mapping) else {"": predictions}
    labels = [int(v) for v in y]
    called = classes or [str(k) for k in range(1 + max(labels + [int(v) for p in read.values() for v in p]))]
    sheet = sprite([image for name in sets for image in sets[name]], columns=columns)
    groups, words, at = [], [], 0
    for name in sets:
        tiles, broken = [], 0
        for label, guess in zip(labels, (int(v) for v in read[name]), strict=True):
            wrong = label != guess
            broken += wrong
            said = f"{called[label]} → {called[guess]} {'✗' if wrong else '✓'}"
            tiles.append(f'<div class="rl-tile{" rl-wrong" if wrong else ""}"><div class="rl-pic" aria-hidden="true" '
                         f'style="{place(sheet, at, scale)}"></div>{escape(said)}</div>')  # fmt: skip
            at += 1
        head = f"{name + ': ' if name else ''}{broken} of {len(labels)} misread"
        grid = f'<div class="rl-grid" style="grid-template-columns:repeat({columns},auto)">{"".join(tiles)}</div>'
        groups.append(f'<figure class="rl-group"><figcaption>{escape(head)}</figcaption>{grid}</figure>')
        words.append(head)
    body = "".join(groups) + f"<figcaption>{escape(caption)}</figcaption>"
    return fragment("gallery", TILES, body, f"{'; '.join(words)}. {caption}", f' style="--s:{data_uri(sheet)}"')
