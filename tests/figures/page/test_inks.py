"""The book's colours read on a light and on a dark page, and no two look alike to a colour-blind reader."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pytest

from robustlib.figures.page import picture
from robustlib.figures.page.inks import BLACK, INKS, PAPER, ink, variables

DARK_PAGE, DARK_TEXT = "#14181E", "#CED6DD"  # the theme's --pst-color-background and --pst-color-text-base
SERIES = [one for one in INKS.values() if one.name not in ("dim", "grid", "paper")]
SIGHT = {  # Machado et al. 2009, severity 1, on linear RGB
    "all": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(XYZ[1] @ linear(colour)) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    parts = XYZ @ rgb.clip(0, 1) / [0.95047, 1, 1.08883]
    f = np.where(parts > 0.008856, np.cbrt(parts), 7.787 * parts + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_contrast_is_by_the_standard() -> None:
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21) and contrast("#767676", "#FFFFFF") == pytest.approx(
        4.54, abs=0.01
    )


@pytest.mark.parametrize("page", ["light", "dark"])
def test_every_ink_reads(page: str) -> None:
    ground = {"light": PAPER, "dark": DARK_PAGE}[page]
    for one in INKS.values():
        if one.name not in ("grid", "paper"):
            assert contrast(getattr(one, page), ground) >= (4.5 if one.name == "dim" else 3), one


def pairs() -> Iterator[tuple[str, str, list[str]]]:
    for page, black in (("light", BLACK), ("dark", DARK_TEXT)):
        for sight in SIGHT:
            yield page, sight, [black, *(getattr(one, page) for one in SERIES)]


@pytest.mark.parametrize(("page", "sight", "colours"), pairs())
def test_no_two_inks_look_alike(page: str, sight: str, colours: list[str]) -> None:
    seen = [lab(np.array(SIGHT[sight]) @ linear(colour)) for colour in colours]
    for i, j in combinations(range(len(seen)), 2):
        assert np.linalg.norm(seen[i] - seen[j]) > 7, (page, sight, colours[i], colours[j])


def test_the_style_sheet_has_the_same_values() -> None:
    light, dark = variables(picture.CSS, ".rl-picture svg{"), variables(picture.CSS, "html[data-theme=dark]")
    for one in INKS.values():
        found = [light.get(one.name, ""), dark.get(one.name, "")]
        assert [value.removesuffix(")").rpartition(", ")[2].rstrip(")").upper()[-7:] for value in found] == [
            one.light,
            one.dark,
        ]


def test_other_colours_stay() -> None:
    assert [ink(colour) for colour in (BLACK, "#005f9e", "#123456", "none", "url(#h)")] == [
        *("currentColor", "var(--rl-blue,#005F9E)", "#123456", "none", "url(#h)")
    ]
