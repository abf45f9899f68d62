"""A picture goes into the page with its words, and into a file as it is."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from figures.examples import drawn
from PIL import Image

from robustlib.figures import figure


def test_the_page_gets_drawing_alt_and_caption() -> None:
    made = figure(drawn(), alt='dots in "eight" colours', caption="Look <here>.")
    page = BeautifulSoup(made._repr_html_(), "html.parser")
    svg = page.find("svg")
    assert (svg["role"], svg["aria-label"]) == ("img", 'dots in "eight" colours')
    assert svg["viewbox"] == "0 0 345.6 230.4" and int(svg["width"]) <= 608, "the text column of the book"
    assert page.find("figure").find("figcaption").text.startswith("Look <here>. Horizontal: first number.")
    assert repr(made).startswith('dots in "eight" colours\nLook <here>.')


@pytest.mark.parametrize("ending", ["png", "webp", "svg", "pdf"])
def test_saving(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"x.{ending}"
    figure(drawn(), alt="x", caption="y").save(file)
    if ending in ("png", "webp"):
        stored = Image.open(file)
        assert stored.size == (round(4.8 * 230), round(3.2 * 230)) and stored.format == ending.upper()
        assert stored.convert("RGB").getpixel((2, 2)) == (255, 255, 255), "on white"
    assert file.read_bytes()[:5] in (b"\x89PNG\r", b"RIFF" + file.read_bytes()[4:5], b"<?xml", b"%PDF-")


@pytest.mark.bad_input
def test_another_ending(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"saved as .svg, .png, .webp, .pdf, got '.gif'"):
        figure(drawn(), alt="x", caption="y").save(tmp_path / "x.gif")
