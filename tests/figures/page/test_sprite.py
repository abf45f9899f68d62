"""Sprites, read back with a WebP decoder: every tile is where the style says, in the shade it should have."""

import base64
import re
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from robustlib.figures.page.sprite import sprite


def decoded(webp: bytes) -> np.ndarray:
    picture = Image.open(BytesIO(webp))
    picture.load()
    return np.asarray(picture.convert("RGB"), float) / 255


@pytest.mark.parametrize(("n", "columns", "rows"), [(6, 3, 2), (7, 3, 3), (1, 1, 1), (5, 5, 1)])
def test_tiles_lie_row_by_row(n: int, columns: int, rows: int) -> None:
    images = torch.rand(n, 1, 4, 5, generator=torch.Generator().manual_seed(0))
    sheet = sprite(images, columns)
    pixels = decoded(sheet.webp)
    assert (sheet.columns, sheet.rows, sheet.width, sheet.height) == (columns, rows, 5, 4)
    assert pixels.shape == (rows * 4, columns * 5, 3)
    for i in range(n):
        row, column = divmod(i, columns)
        tile = pixels[row * 4 : row * 4 + 4, column * 5 : column * 5 + 5, 0]
        assert np.abs(tile - images[i, 0].numpy()).max() <= 0.5 / 11 + 0.003, "rounded to 12 shades, no further"


def test_shades() -> None:
    ramp = np.linspace(0, 1, 101).reshape(1, 1, 101)
    assert len(np.unique(decoded(sprite(ramp, 1).webp))) == 12
    assert len(np.unique(decoded(sprite(ramp, 1, levels=4).webp))) == 4
    assert decoded(sprite(np.array([[[-3.0, 7.0]]]), 1).webp)[0, :, 0].tolist() == [0, 1]


def test_colour_images_keep_their_colours() -> None:
    images = torch.zeros(2, 3, 4, 4)
    images[0, 0], images[1, 2] = 1, 0.5
    pixels = decoded(sprite(images, 2).webp)
    assert np.allclose(pixels[:, :4], [1, 0, 0], atol=0.01)
    assert np.allclose(pixels[:, 4:], [0, 0, 0.5], atol=0.01)


def test_style_carries_the_sheet_and_its_geometry() -> None:
    sheet = sprite(torch.rand(6, 28, 28), 3)
    style = sheet.style(2.5)
    assert "--w:28;--h:28;--c:3;--r:2;--k:2.5" in style
    found = re.search(r"base64,([^)]*)\)", style)
    assert found and base64.b64decode(found[1]) == sheet.webp
    assert '"' not in style, "it stands in a double-quoted attribute"


@pytest.mark.parametrize("images", [[], [np.zeros((4, 4)), np.zeros((5, 4))], [np.zeros((2, 4, 4))], [np.zeros(4)]])
def test_what_is_no_set_of_images(images: list[np.ndarray]) -> None:
    with pytest.raises(ValueError, match="a sprite needs images"):
        sprite(images, 1)


def test_coloured_images_are_rounded_only_where_asked() -> None:
    image = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    exact, few = (decoded(sprite(image, 1, colours=colours).webp) for colours in (None, 8))
    assert np.abs(exact - image[0].permute(1, 2, 0).numpy()).max() <= 0.5 / 255 + 1e-6
    assert len(np.unique(few.reshape(-1, 3), axis=0)) <= 8
