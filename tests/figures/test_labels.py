"""No word of a figure is cut or covered; the figures are all that the book draws."""

import inspect

import pytest
from figures.boxes import faults
from figures.pictures import PICTURES, picture

from robustlib import figures
from robustlib.figures.page.picture import Picture
from robustlib.figures.plots.canvas import canvas


@pytest.mark.parametrize("name", PICTURES)
def test_no_word_is_cut_or_covered(name: str) -> None:
    assert faults(picture(name).drawn) == []


def test_every_function_that_makes_a_picture_is_here() -> None:
    made = {
        name
        for name, function in vars(figures).items()
        if inspect.isfunction(function) and inspect.signature(function).return_annotation is Picture
    }
    assert made - {"figure"} <= {name.split(",")[0] for name in PICTURES}


def test_each_fault_is_found() -> None:
    drawn = canvas(3, 2)
    drawn.set_layout_engine("none")
    ax = drawn.add_axes((0.2, 0.2, 0.7, 0.7))
    ax.set(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[])
    ax.text(0.9, 0.9, "beyond the edge")
    ax.text(0.1, 0.5, "first word")
    ax.text(0.12, 0.52, "second word")
    ax.text(0.4, 0.1, "marked")
    ax.plot(0.5, 0.12, "o")
    ax.text(0.1, 0.3, "on a ground", bbox={"facecolor": "white"})
    ax.plot(0.2, 0.31, "o")
    assert faults(drawn) == [
        "cut: 'beyond the edge'",
        "over each other: 'first word' and 'second word'",
        "under a mark: 'marked'",
    ]
