"""Pictures have words and stay small; galleries say what was read."""

import base64
import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup
from PIL import Image

from robustlib.figures import figure, gallery
from robustlib.figures.plots.canvas import canvas


def drawn() -> object:
    figure_ = canvas()
    ax = figure_.add_subplot()
    rng = np.random.default_rng(0)
    ax.scatter(*rng.normal(size=(2, 500)), c=rng.integers(0, 8, 500), cmap="tab10")
    return figure_


def test_the_page_gets_image_alt_and_caption() -> None:
    made = figure(drawn(), alt='dots in "eight" colours', caption="Look <here>.")  # type: ignore[arg-type]
    page = BeautifulSoup(made._repr_html_(), "html.parser")
    assert page.find("img")["alt"] == 'dots in "eight" colours'
    assert page.find("figure").find("figcaption").text == "Look <here>."
    stored = base64.b64decode(page.find("img")["src"].removeprefix("data:image/webp;base64,"))
    assert stored == made.webp
    assert Image.open(BytesIO(stored)).size == (round(4.8 * 120), round(3.2 * 120))
    assert int(page.find("img")["width"]) <= 608, "the text column of the book"
    assert repr(made) == 'dots in "eight" colours\nLook <here>.'


def test_a_busy_figure_stays_under_60_kb_and_keeps_its_colours() -> None:
    made = figure(drawn(), alt="x", caption="y")  # type: ignore[arg-type]
    assert len(made.webp) < 60_000
    pixels = np.asarray(Image.open(BytesIO(made.webp)).convert("RGB")).reshape(-1, 3)
    assert (pixels[0] == 255).all(), "a white card"
    blue = np.abs(pixels - np.array([31, 119, 180])).max(1) < 12
    assert blue.sum() > 500


def test_saving(tmp_path: Path) -> None:
    made = figure(drawn(), alt="x", caption="y")  # type: ignore[arg-type]
    made.save(tmp_path / "x.png")
    stored, shown = Image.open(tmp_path / "x.png"), Image.open(BytesIO(made.webp))
    assert stored.format == "PNG" and shown.format == "WEBP"
    assert np.array_equal(np.asarray(stored.convert("RGB")), np.asarray(shown.convert("RGB")))


@pytest.mark.parametrize(("alt", "caption"), [("", "y"), ("x", "  ")])
def test_a_figure_without_words_is_refused(alt: str, caption: str) -> None:
    with pytest.raises(ValueError, match="is empty; say what"):
        figure(drawn(), alt=alt, caption=caption)  # type: ignore[arg-type]


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
