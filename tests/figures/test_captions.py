"""Every figure says what both axes are, in the library and in the stored pages of converted chapters."""

import re
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from figures.pictures import PICTURES, picture

from robustlib.figures import figure, frames
from robustlib.figures.plots.canvas import canvas

BOOK = Path(__file__).resolve().parents[2] / "book"
CONVERTED = ("papers/dundi",)  # chapters whose every figure is made with the parts of the chapter kit
AXES = re.compile(r"Horizontal: .+ Vertical: .+|Horizontal and vertical: .+", re.DOTALL)


def captions(name: str) -> list[str]:
    """The captions of the pictures that a notebook stores."""
    cells = nbformat.read(BOOK / f"{name}.ipynb", 4).cells
    stored = [
        output.data.get("text/html", "") for cell in cells for output in cell.get("outputs", []) if "data" in output
    ]
    pages = [BeautifulSoup(html, "html.parser") for html in stored if "rl-picture" in html]
    found = [caption.get_text() for page in pages for caption in page.find_all("figcaption")]
    return [caption for caption in found if not re.search(r"\.py, lines \d+ to \d+$", caption)]  # a listing's


@pytest.mark.parametrize("name", PICTURES)
def test_every_figure_names_both_axes(name: str) -> None:
    assert AXES.search(picture(name).caption), picture(name).caption


@pytest.mark.parametrize("name", CONVERTED)
def test_the_figures_of_a_converted_chapter_name_both_axes(name: str) -> None:
    found = captions(name)
    assert found and [caption for caption in found if not AXES.search(caption)] == []


@pytest.mark.chromium
@pytest.mark.chromium
def test_figures_of_a_page_are_counted_and_those_of_a_notebook_are_not(opened) -> None:
    drawn = canvas(2, 2)
    drawn.add_subplot(xlabel="a", ylabel="b")
    one = figure(drawn, alt="x", caption="First.")._repr_html_()
    two = frames([[[0.0, 1.0]]], ["x"], ["said"], alt="a picture", caption="Second.").html
    number = "[...document.querySelectorAll('.rl-figure')].map(e => getComputedStyle(e, '::before').content)"
    for javascript in (True, False):
        page = opened(f'<article class="bd-article">{one}{two}</article>', java_script_enabled=javascript)
        box = page.locator(".rl-figure").first.bounding_box()
        assert box and box["height"] > 0
        if javascript:
            assert page.evaluate(number) == ['"Figure " counter(rl-figure) ". "'] * 2
    assert opened(one + two).evaluate(number) == ["none", "none"]
