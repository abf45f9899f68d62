"""A picture goes into the page with its words, and into a file as it is."""

import base64
from io import BytesIO
from pathlib import Path

import numpy as np
from bs4 import BeautifulSoup
from figures.examples import drawn
from PIL import Image

from robustlib.figures import figure


def test_the_page_gets_image_alt_and_caption() -> None:
    made = figure(drawn(), alt='dots in "eight" colours', caption="Look <here>.")
    page = BeautifulSoup(made._repr_html_(), "html.parser")
    assert page.find("img")["alt"] == 'dots in "eight" colours'
    assert page.find("figure").find("figcaption").text == "Look <here>."
    stored = base64.b64decode(page.find("img")["src"].removeprefix("data:image/webp;base64,"))
    assert stored == made.webp
    assert Image.open(BytesIO(stored)).size == (round(4.8 * 120), round(3.2 * 120))
    assert int(page.find("img")["width"]) <= 608, "the text column of the book"
    assert repr(made) == 'dots in "eight" colours\nLook <here>.'


def test_saving(tmp_path: Path) -> None:
    made = figure(drawn(), alt="x", caption="y")
    made.save(tmp_path / "x.png")
    stored, shown = Image.open(tmp_path / "x.png"), Image.open(BytesIO(made.webp))
    assert stored.format == "PNG" and shown.format == "WEBP"
    assert np.array_equal(np.asarray(stored.convert("RGB")), np.asarray(shown.convert("RGB")))
