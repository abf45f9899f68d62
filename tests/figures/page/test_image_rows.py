"""Rows of images: each picture is the right tile, and says what is said of it."""

import re

import pytest
import torch
from bs4 import BeautifulSoup

from robustlib.figures import Frame, image_rows


def frames(*said: tuple[str, bool | None]) -> list[Frame]:
    return [Frame(torch.rand(1, 4, 4), text, right) for text, right in said]


def test_each_image_is_its_own_tile_with_its_words() -> None:
    rows = {"one": frames(("clean", None), ("says 3", True), ("says 8", False)), "two": frames(("bit 4 & 5", None))}
    made = image_rows(rows, alt="a 3", caption="Look.")
    page = BeautifulSoup(made._repr_html_(), "html.parser")
    assert [f.find("figcaption").text for f in page.find_all("figure")] == ["one", "two"]
    tiles = page.find_all(class_="rl-tile")
    assert [tile.text for tile in tiles] == ["clean", "✓ says 3", "✗ says 8", "bit 4 & 5"]
    assert ["rl-wrong" in tile["class"] for tile in tiles] == [False, False, True, False]
    places = re.findall(r"--x:(\d);--y:(\d)", " ".join(map(str, tiles)))
    assert places == [("0", "0"), ("1", "0"), ("2", "0"), ("0", "1")]
    labels = [pic["aria-label"] for pic in page.select(".rl-pic")]
    assert labels[2:] == ["a 3, one: ✗ says 8", "a 3, two: bit 4 & 5"]
    assert repr(made) == "a 3:\none: clean; ✓ says 3; ✗ says 8\ntwo: bit 4 & 5\nLook."


def test_a_row_without_a_name_has_no_head() -> None:
    made = image_rows({"": frames(("clean", None), ("", None))}, alt="a 3", caption="Look.")
    page = BeautifulSoup(made._repr_html_(), "html.parser")
    assert page.find("figcaption") is None and repr(made) == "a 3:\nclean; \nLook."
    assert [pic["aria-label"] for pic in page.select(".rl-pic")] == ["a 3: clean", "a 3"]


@pytest.mark.parametrize(("rows", "words"), [({}, "a 3"), ({"one": []}, "a 3"), ({"one": frames(("x", None))}, " ")])
def test_without_images_or_words_there_is_no_row(rows: dict[str, list[Frame]], words: str) -> None:
    with pytest.raises(ValueError, match="need rows with an image each, words in alt and a caption"):
        image_rows(rows, alt=words, caption="Look.")
    with pytest.raises(ValueError, match="and a caption"):
        image_rows({"one": frames(("x", None))}, alt="a 3", caption="")
