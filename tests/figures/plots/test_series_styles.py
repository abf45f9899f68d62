"""Every method and attack has one look, told apart from all others, and in a figure from those of one colour."""

from itertools import combinations

import pytest

from robustlib.figures.page.inks import BLACK, INKS
from robustlib.figures.plots.looks import ATTACKS, DETECTORS, METHODS, SeriesStyle
from robustlib.figures.plots.series_styles import COLOURS, colour_of, known_style, style_of, styles_of

TABLES = pytest.mark.parametrize("styles", [METHODS, ATTACKS, DETECTORS], ids=["methods", "attacks", "detectors"])
COMING = ("at2l", "tla", "madnet", "madnet-pgd", "prototype conformity", "trades", "adversarial training", "n-fgsm")


def pattern(hatch: str) -> str:
    """What a hatch looks like, in whatever order its strokes are named."""
    return "".join(sorted(hatch))


def test_no_two_of_the_book_are_alike() -> None:
    looks = [*METHODS.items(), *ATTACKS.items(), *DETECTORS.items()]
    for (one, a), (other, b) in combinations(looks, 2):
        assert (a.colour, a.marker) != (b.colour, b.marker), (one, other)
        assert (a.colour, pattern(a.hatch)) != (b.colour, pattern(b.hatch)), (one, other)


@TABLES
def test_within_a_table_nobody_needs_the_colour(styles: dict[str, SeriesStyle]) -> None:
    assert len({style.marker for style in styles.values()}) == len(styles)
    assert len({pattern(style.hatch) for style in styles.values()}) == len(styles)


@TABLES
def test_colours_are_inks(styles: dict[str, SeriesStyle]) -> None:
    assert {style.colour for style in styles.values()} <= {BLACK, *INKS}


def test_the_coming_chapters_have_their_looks() -> None:
    assert all(name in METHODS for name in COMING)
    assert {name: style.colour for name, style in (METHODS | ATTACKS).items()} == COLOURS


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Softmax", METHODS["softmax"]),
        ("Ours_PGD", METHODS["ours-pgd"]),
        ("margin PGD on distances", ATTACKS["margin PGD"]),
        ("PGD 2/255 x 10", ATTACKS["small-step PGD"]),
        ("PGD 0.01 x 40", ATTACKS["PGD"]),
        ("cross-entropy PGD", ATTACKS["PGD"]),
        ("iFGSM-b", ATTACKS["BIM"]),
        ("worst case at 0.3", ATTACKS["worst case"]),
        ("triplet", METHODS["ours"]),
        ("Native Model1", METHODS["softmax"]),
        ("AT²L", METHODS["at2l"]),
        ("MAD + PGD", METHODS["madnet-pgd"]),
        ("MNIST, thermometer + triplet (1 step)", METHODS["thermometer"]),
        ("random resize and pad", METHODS["random views"]),
        ("Defense-GAN, model A", METHODS["defense-gan"]),
        ("margin LS-PGA", ATTACKS["LS-PGA"]),
        ("BPDA margin PGD", ATTACKS["BPDA margin PGD"]),
        ("EOT margin PGD", ATTACKS["EOT margin PGD"]),
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


def test_a_method_is_found_before_an_attack_where_asked() -> None:
    assert known_style("FGSM (RCE)", METHODS) == METHODS["rce"]
    assert known_style("Model 7") is None


def test_series_of_one_colour_have_other_strokes() -> None:
    names = [("DunDi", "PGD"), ("DunDi", "worst case"), ("softmax", "PGD"), "PGD", "PGD 0.05 x 40", "APGD", "dundi"]
    found = styles_of(names)
    assert found["PGD"] == ATTACKS["PGD"] and found["softmax", "PGD"] == ATTACKS["PGD"]._replace(colour=BLACK)
    for one, other in combinations(found.values(), 2):
        if one.colour == other.colour:
            assert one.marker != other.marker and one.line != other.line and one.hatch != other.hatch


@pytest.mark.bad_input
def test_more_of_one_colour_than_can_be_told_apart() -> None:
    with pytest.raises(ValueError, match="'PGD number 6' is one of 7 series in #005F9E, which nobody tells apart"):
        styles_of([f"PGD number {i}" for i in range(7)])
