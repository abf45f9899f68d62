"""The drawing in the page: short, the same bytes each time, in the page's colours, a raster only where it is dense."""

import base64
import re
from io import BytesIO

import numpy as np
import pytest
from bs4 import BeautifulSoup
from figures.examples import drawn
from figures.pictures import PICTURES, picture
from matplotlib import colormaps
from matplotlib.colors import to_hex
from PIL import Image

from robustlib.figures import figure
from robustlib.figures.page.inks import BLACK, BLUE, INK, INKS, PALE
from robustlib.figures.plots.canvas import canvas
from robustlib.figures.plots.style import CLASS_COLOURS
from robustlib.figures.plots.vector import DENSE

COLOUR = re.compile(r'(?:fill|stroke)="([^"]+)"')
WORDS = {"alt": "x", "caption": "y"}


def test_the_same_drawing_gives_the_same_bytes_and_another_gives_other_ids() -> None:
    one, again = (figure(drawn(), **WORDS).svg for _ in range(2))
    assert one == again
    other = drawn()
    other.axes[0].plot([0, 1], [0, 1])
    ids = [set(re.findall(r'id="([^"]+)"', svg)) for svg in (one, figure(other, **WORDS).svg)]
    assert ids[0] and not ids[0] & ids[1]


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_is_light_whole_and_in_the_pages_colours(name: str) -> None:
    svg = picture(name).svg
    assert len(svg) < 50_000
    page = BeautifulSoup(svg, "html.parser")
    ids = [node["id"] for node in page.find_all(id=True)]
    assert len(set(ids)) == len(ids)
    assert set(re.findall(r"#(rl\w+-\d+)", svg)) == set(ids), "no id that nothing names, and no name without its id"
    known = {"currentColor", *(f"var(--rl-{one.name},{one.light})" for one in INKS.values())}
    if name in ("loss_surface", "boundary_slices"):  # a colour there is a number, of one map in both modes
        known |= {to_hex(colormaps["cividis"](i)) for i in range(256)} | {INK.lower(), PALE.lower(), PALE.lower()}
    assert {found for found in COLOUR.findall(svg) if not found.startswith("url(")} <= known
    shown = {text.get_text() for text in page.find_all("text")}
    labels = [
        ax.get_xlabel()
        for ax in picture(name).drawn.axes
        if ax.axison and ax.get_xlabel() and "\n" not in ax.get_xlabel()
    ]
    assert shown and set(labels) <= shown, "text is text"


def test_marks_stand_where_they_were() -> None:
    plain = canvas()
    plain.set_layout_engine("none")
    ax = plain.add_axes((0, 0, 1, 1), xlim=(0, 1), ylim=(0, 1))
    ax.set_axis_off()
    ax.plot([0.25, 0.5, 1], [0.5, 0.5, 1], "s", color=BLUE)
    svg = BeautifulSoup(figure(plain, axes="None.", **WORDS).svg, "html.parser")
    (path,) = [node for node in svg.find_all("path") if "marker" in node.get("style", "")]
    assert path["d"] == "m86.4 115.2 86.4 0 172.8-115.2"
    assert svg.find("marker").find("path")["fill"] == "var(--rl-blue,#005F9E)"


def test_black_is_the_colour_of_the_pages_text() -> None:
    dark = canvas()
    dark.add_subplot(xlabel="a", ylabel="b").plot([0, 1], [0, 1], "o-", color=BLACK)
    svg = figure(dark, **WORDS).svg
    assert "#000" not in svg and svg.count("currentColor") > 5


def test_words_are_escaped() -> None:
    odd = canvas()
    odd.add_subplot(xlabel="a < b & c", ylabel="b")
    page = BeautifulSoup(figure(odd, **WORDS).svg, "html.parser")
    assert "a < b & c" in [text.get_text() for text in page.find_all("text")]


def test_a_dense_cloud_is_a_raster_of_double_resolution_with_its_colours() -> None:
    dense = canvas(3, 2)
    ax = dense.add_subplot(xlabel="a", ylabel="b")
    rng = np.random.default_rng(0)
    for colour in CLASS_COLOURS:
        ax.plot(*rng.normal(size=(2, DENSE // 10 + 500)), ".", color=colour)
    ax.plot(*rng.normal(size=(2, DENSE + 1)), ".", color=CLASS_COLOURS[1])
    svg = figure(dense, **WORDS).svg
    (address,) = re.findall(r'href="data:image/png;base64,([^"]+)"', svg)
    pixels = np.asarray(Image.open(BytesIO(base64.b64decode(address))))
    assert pixels.shape[1] > 1.5 * 2 * 115 and pixels.shape[2] == 4
    opaque = {"#" + bytes(pixel[:3]).hex().upper() for pixel in pixels[pixels[..., 3] == 255].reshape(-1, 4)}
    assert opaque == {CLASS_COLOURS[1]}
    assert "<text" in svg and len(svg) < 150_000
