"""Every method and attack has one look, told apart without colour."""

import re

import matplotlib as mpl
import pytest

from robustlib.figures import looks, style
from robustlib.figures.style import ATTACKS, COLOURS, METHODS, Look, colour_of, look_of


@pytest.mark.parametrize("looks", [METHODS, ATTACKS], ids=["methods", "attacks"])
def test_looks_differ_without_colour(looks: dict[str, Look]) -> None:
    assert len({(look.marker, look.line) for look in looks.values()}) == len(looks)
    assert len({look.hatch for look in looks.values()}) == len(looks)
    assert len({look.marker for look in looks.values()}) == len(looks)


def test_the_table_in_the_docstring_is_the_truth() -> None:
    printed = dict(re.findall(r"^(\S.*?)  +(#[0-9A-F]{6})", looks.__doc__ or "", re.M))
    assert printed == COLOURS


def test_coloured_looks_are_okabe_and_itos() -> None:
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
def test_names_as_the_experiments_write_them(name: str, known: Look) -> None:
    assert look_of(name) == known
    assert colour_of(name) == known.colour


def test_unknown_names_keep_their_grey() -> None:
    assert look_of("my model") == look_of("my model")
    assert look_of("my model") != look_of("your model")
    assert look_of("my model").colour not in {look.colour for look in METHODS.values()}
    assert look_of("oursin") == look_of("oursin") != METHODS["ours"], "a name is found as a word, not inside one"


def test_use_sets_sizes_and_a_white_card() -> None:
    with mpl.rc_context():
        mpl.rcParams.update({"font.size": 5, "figure.facecolor": "black"})
        style.use()
        assert mpl.rcParams["font.size"] >= 10
        assert mpl.rcParams["figure.facecolor"] == mpl.rcParams["savefig.facecolor"] == "white"
        assert mpl.rcParams["figure.constrained_layout.use"]
