"""Galleries say what was read."""

import re

import pytest
import torch
from bs4 import BeautifulSoup

from robustlib.figures import gallery


def test_gallery_says_label_and_reading_of_each_image() -> None:
    images = torch.rand(4, 1, 6, 6, generator=torch.Generator().manual_seed(0))
    made = gallery(
        {"FGSM": images, "PGD": 1 - images},
        torch.tensor([4, 1, 0, 2]),
        {"FGSM": torch.tensor([9, 1, 0, 2]), "PGD": torch.tensor([9, 8, 7, 2])},
        caption="eps = 0.3",
        columns=2,
    )
    page = BeautifulSoup(made._repr_html_(), "html.parser")
    groups = page.find_all("figure")
    assert [g.find("figcaption").text for g in groups] == ["FGSM: 1 of 4 misread", "PGD: 3 of 4 misread"]
    tiles = [tile.text for tile in groups[1].find_all(class_="rl-tile")]
    assert tiles == ["4→9 ✗", "1→8 ✗", "0→7 ✗", "2→2 ✓"]
    assert ["rl-wrong" in t["class"] for t in groups[1].find_all(class_="rl-tile")] == [True, True, True, False]
    assert repr(made) == "FGSM: 1 of 4 misread; PGD: 3 of 4 misread.\neps = 0.3"
    at = re.findall(r"--x:(\d+);--y:(\d+)", str(groups[1]))
    assert at == [("0", "1"), ("1", "1"), ("2", "1"), ("3", "1")], "one row of the sheet for each attack"


def test_gallery_names_classes() -> None:
    made = gallery({"": torch.rand(1, 3, 4, 4)}, [0], {"": [1]}, caption="c", classes=["cat", "dog"])
    assert "cat→dog ✗" in made._repr_html_()


def test_gallery_refuses_sets_of_other_lengths() -> None:
    with pytest.raises(
        ValueError, match="2 labels need as many images and predictions under each attack, got \\[2, 3\\]"
    ):
        gallery({"FGSM": torch.rand(3, 4, 4)}, [0, 1], {"FGSM": [0, 1]}, caption="c")
