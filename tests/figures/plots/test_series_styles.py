"""Every method and attack has one style, told apart without colour."""

import re

import pytest

from robustlib.figures.plots import series_styles
from robustlib.figures.plots.series_styles import ATTACKS, COLOURS, METHODS, SeriesStyle, colour_of, style_of


@pytest.mark.parametrize("styles", [METHODS, ATTACKS], ids=["methods", "attacks"])
def test_styles_differ_without_colour(styles: dict[str, SeriesStyle]) -> None:
    assert len({(style.marker, style.line) for style in styles.values()}) == len(styles)
    assert len({style.hatch for style in styles.values()}) == len(styles)
    assert len({style.marker for style in styles.values()}) == len(styles)


def test_the_table_in_the_docstring_is_the_truth() -> None:
    printed = dict(re.findall(r"^(\S.*?)  +(#[0-9A-F]{6})", series_styles.__doc__ or "", re.M))
    assert printed == COLOURS


def test_coloured_styles_are_okabe_and_itos() -> None:
    palette = {"#000000", "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7"}
    grey = {colour for colour in COLOURS.values() if colour[1:3] == colour[3:5] == colour[5:7]}
    assert set(COLOURS.values()) <= palette | grey


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Softmax", METHODS["softmax"]),
        ("Ours_PGD", METHODS["ours-pgd"]),
        ("margin PGD on distances", ATTACKS["margin PGD"]),
        ("PGD 2/255 x 10", ATTACKS["small-step PGD"]),
        ("PGD 0.01 x 40", ATTACKS["PGD"]),
        ("worst case at 0.3", ATTACKS["worst case"]),
        ("triplet", METHODS["ours"]),
    ],
)
def test_names_as_the_experiments_write_them(name: str, known: SeriesStyle) -> None:
    assert style_of(name) == known
    assert colour_of(name) == known.colour


def test_unknown_names_keep_their_grey() -> None:
    assert style_of("my model") == style_of("my model")
    assert style_of("my model") != style_of("your model")
    assert style_of("my model").colour not in {style.colour for style in METHODS.values()}
    assert style_of("oursin") == style_of("oursin") != METHODS["ours"], "a name is found as a word, not inside one"
