"""Points as their labels: each layout is shown, in one frame or in its own."""

from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from robustlib.figures import layouts, placed
from robustlib.figures.page.sprite import sprite
from robustlib.figures.plots.layouts import AXES, drawn_map
from robustlib.figures.plots.style import CLASS_COLOURS

# The first oracle of class 0 is an outlier, so with m = 1 step 1 drops the class where it is nearest.


def test_layouts_show_each_value_and_compare_only_in_one_frame():
    shape = torch.rand(12, 2, generator=torch.Generator().manual_seed(0))
    points, y = {1.0: shape, 0.1: 0.1 * shape}, torch.arange(12) % 3
    words = {"label": "t", "alt": "points", "caption": "Which is larger?"}
    own, one = (layouts(points, y, ["wide", "narrow"], shared=shared, **words) for shared in (False, True))
    for shown in (own, one):
        assert repr(shown) == f"points, by t:\n1 wide; 0.1 narrow\nWhich is larger? {AXES}"
    assert own.html != one.html  # each in a frame of its own looks alike: that is the trap


@pytest.mark.parametrize(
    "points",
    [{}, {1: torch.zeros(4, 3)}, {1: torch.zeros(5, 2)}, {1: torch.full((4, 2), torch.nan)}],
    ids=["none", "three dimensions", "another number", "nan"],
)
def test_layouts_that_do_not_fit(points):
    with pytest.raises(ValueError, match="need layouts of 4 finite points in two dimensions"):
        layouts(points, torch.arange(4), [""] * len(points), label="t", alt="a", caption="c")


def test_an_embedding_is_placed_with_its_origin():
    shown = placed(torch.rand(12, 2, requires_grad=True), torch.arange(12) % 3, caption="Where is the cross?")
    assert shown.alt == "12 points in 3 classes, each drawn as its label, and a cross at the origin"
    assert len(shown.svg) < 12_000 and "Where is the cross?" in shown._repr_html_()
    with pytest.raises(ValueError, match=r"need 11 points in two dimensions, one for each label, got \(12, 2\)"):
        placed(torch.rand(12, 2), torch.arange(11), caption="c")


def test_the_colours_of_the_classes_come_through_the_raster():
    points, y = np.random.default_rng(0).normal(size=(30, 2)), np.arange(30) % 10
    drawing = drawn_map(points, y, points)
    assert drawing.shape == (4, 500, 500), "two pixels for each of the page"
    before, after = (solid(pixels) for pixels in (drawing.numpy(), decoded(sprite([drawing, drawing], 2))))
    assert set(CLASS_COLOURS) <= before and set(CLASS_COLOURS) <= after


def decoded(sheet):
    pixels = np.asarray(Image.open(BytesIO(sheet.webp)).convert("RGBA"), np.float32) / 255
    return pixels.transpose(2, 0, 1)


def solid(pixels):
    """The colours of what is drawn with full opacity, as hex."""
    found = np.rint(255 * pixels[:3, pixels[3] == 1]).astype(int).T
    return {"#" + "".join(f"{part:02X}" for part in colour) for colour in found.tolist()}
