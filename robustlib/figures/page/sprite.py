"""Many small images in one WebP, of which the page shows one tile at a time."""

import base64
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from robustlib.figures.page.assets import asset
from robustlib.figures.page.inks import BLACK, INKS

Pixels = Any  # n images of c h w or h w in [0, 1]: a tensor, an array, or a sequence of them; c = 4 is a drawing

DRAWN = 2  # pixels of a drawing for each of the page
EDGE = 4  # steps from one colour to another at the edge of a line
SELDOM = 300  # pixels of a sheet below which a colour is such a step
TILE = asset(__name__, "sprite.css")


@dataclass(frozen=True)
class Sprite:
    """A sheet of equal tiles, filled row by row."""

    webp: bytes
    columns: int
    rows: int
    width: int  # pixels of one tile
    height: int
    drawn: bool = False  # two pixels for each one of the page, transparent, in the dark with colours turned

    def style(self, scale: float) -> str:
        """The sheet and its geometry as CSS variables, for a style attribute that holds tiles."""
        image = base64.b64encode(self.webp).decode()
        scale = scale / DRAWN if self.drawn else scale
        size = f"--w:{self.width};--h:{self.height};--c:{self.columns};--r:{self.rows};--k:{scale:g}"
        return f"{size};--s:url(data:image/webp;base64,{image})"


def sprite(images: Pixels, columns: int, levels: int = 12, colours: int | None = 128) -> Sprite:
    """Tile n images into an image with this many columns; grey ones are rounded to `levels` shades, coloured ones to so
    many colours (None: as they are).

    With 4 channels, the last of which is opacity, they are drawings, which keep their colours as they are.
    Raises: ValueError if there is no image, if they differ in shape, or are not c h w or h w with 1, 3 or 4 channels.
    """
    stack = [np.asarray(image.detach().cpu() if hasattr(image, "detach") else image, np.float32) for image in images]
    shapes = {image.shape for image in stack}
    if len(shapes) != 1:
        raise ValueError(f"a sprite needs images of one shape, got {sorted(shapes) or 'no image'}")
    tiles = np.stack(stack)
    tiles = tiles[:, None] if tiles.ndim == 3 else tiles
    if tiles.ndim != 4 or tiles.shape[1] not in (1, 3, 4):
        raise ValueError(f"a sprite needs images of shape (h, w) or (c, h, w) with c = 1, 3 or 4, got {stack[0].shape}")
    n, c, h, w = tiles.shape
    rows = -(-n // columns)
    sheet = np.zeros((rows * columns, c, h, w), np.float32)
    sheet[:n] = tiles.clip(0, 1)
    sheet = sheet.reshape(rows, columns, c, h, w).transpose(0, 3, 1, 4, 2).reshape(rows * h, columns * w, c)
    return Sprite(_encoded(sheet, levels, colours), columns, rows, w, h, drawn=c == 4)


def _encoded(sheet: np.ndarray, levels: int, colours: int | None) -> bytes:
    """The sheet (h, w, c) as a lossless WebP, a third smaller than a PNG."""
    if sheet.shape[2] == 4:
        picture = Image.fromarray(_few_colours(sheet), "RGBA")
    elif sheet.shape[2] == 3:
        picture = Image.fromarray(np.rint(sheet * 255).astype(np.uint8))
        picture = picture if colours is None else picture.quantize(colours, dither=Image.Dither.NONE).convert("RGB")
    else:
        shades = np.rint(np.rint(sheet[:, :, 0] * (levels - 1)) * (255 / (levels - 1))).astype(np.uint8)
        picture = Image.fromarray(shades).convert("RGB")
    out = BytesIO()
    picture.save(out, "WEBP", lossless=True, exact=True, quality=100, method=6 if sheet.shape[2] == 4 else 4)
    return out.getvalue()


def _few_colours(sheet: np.ndarray) -> np.ndarray:
    """A drawing with its inks and frequent colours as they are; what mixes two of them, at edges, in few steps."""
    pixels = np.rint(sheet * 255).astype(np.uint8)
    pixels[pixels[..., 3] == 0] = 0
    _, place, times = np.unique(pixels.reshape(-1, 4).view(np.uint32), return_inverse=True, return_counts=True)
    inks = np.array([[int(ink[i : i + 2], 16) for i in (1, 3, 5)] for ink in (BLACK, *INKS)])
    pure = (pixels[..., None, :3] == inks).all(-1).any(-1)
    mixed = (times[place] < SELDOM).reshape(pure.shape)
    pixels[mixed & ~pure] = _rounded(pixels[mixed & ~pure])
    pixels[mixed, 3] = _rounded(pixels[mixed, 3])
    return pixels


def _rounded(parts: np.ndarray) -> np.ndarray:
    """Numbers of 0 .. 255 in a few equal steps."""
    return np.rint(np.rint(parts / 255 * (EDGE - 1)) / (EDGE - 1) * 255).astype(np.uint8)
