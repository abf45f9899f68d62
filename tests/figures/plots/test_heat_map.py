"""Numbers on their colours: readable on each, and every number where it belongs."""

from typing import Any

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup
from matplotlib import colormaps
from matplotlib.colors import to_hex

from robustlib.figures import heat_map
from robustlib.figures.plots.heat_map import INKS, MAP, contrast

WORDS: dict[str, Any] = {"caption": "Who is near?", "unit": "mean distance"}


def style(cell: Any) -> dict[str, str]:
    return dict(part.split(":") for part in cell["style"].split(";"))


def test_numbers_stand_in_their_cells() -> None:
    made = heat_map(
        torch.tensor([[1.0, 20.04], [3.0, torch.nan]]), ["a", "b"], ["c", "d"], row="of", column="to", **WORDS
    )
    page = BeautifulSoup(made._repr_html_(), "html.parser")
    cells = [[td.text for td in row("td")] for row in page.select("tbody tr")]
    assert cells == [["1.0", "20.0"], ["3.0", "–"]]
    assert [th.text for th in page.select("thead th")] == ["c", "d"] and page.select_one("thead td").text == "of \\ to"
    assert page.select_one(".rl-key").text.split() == ["1.0", "20.0", "mean", "distance"]
    first = page.select("tbody td")[0]
    assert style(first)["background"] == to_hex(colormaps[MAP](0.0)) and "style" not in page.select("tbody td")[3].attrs
    assert repr(made) == "mean distance; columns c, d\na: 1.0, 20.0\nb: 3.0, –\nWho is near?"


def test_every_number_is_readable_on_its_colour() -> None:
    page = BeautifulSoup(
        heat_map(np.arange(400).reshape(20, 20), *2 * [list("abcdefghijklmnopqrst")], **WORDS).html, "html.parser"
    )
    pairs = [(style(td)["color"], style(td)["background"]) for td in page.select("tbody td")]
    assert len(pairs) == 400 and min(contrast(*pair) for pair in pairs) >= 4.5
    assert {ink for ink, _ in pairs} == set(INKS)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_the_map_grows_lighter_in_even_steps() -> None:
    """Lightness alone orders the numbers, so it reads in grey and with any colour blindness."""
    light = [contrast("#000000", to_hex(colormaps[MAP](at))) for at in np.linspace(0, 1, 20)]
    assert light == sorted(light)


def test_ends_that_are_given() -> None:
    page = BeautifulSoup(
        heat_map([[5.0, 50.0]], ["a"], ["b", "c"], low=0, high=10, digits=0, **WORDS).html, "html.parser"
    )
    grounds = [style(td)["background"] for td in page.select("tbody td")]
    assert grounds == [to_hex(colormaps[MAP](0.5)), to_hex(colormaps[MAP](1.0))]
    assert "#" in heat_map([[5.0]], ["a"], ["b"], **WORDS).html, "one number is a map too"


@pytest.mark.parametrize(
    ("matrix", "changed", "said"),
    [([[1.0]], {}, "for each of 1 rows and 2 columns"), ([[1.0, torch.inf]], {}, "a finite number"),
     ([[torch.nan, torch.nan]], {}, "a finite number"), ([[1.0, 2.0]], {"unit": ""}, "caption and unit"),
     ([[1.0, 2.0]], {"caption": " "}, "caption and unit"), ([[1.0, 2.0]], {"low": 2, "high": 2}, "low < high")],
)  # fmt: skip
def test_what_is_no_matrix(matrix: Any, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        heat_map(matrix, ["a"], ["b", "c"], **(WORDS | changed))
