"""Clean | change | attacked: what is said of each image, and the pixels of the sheet."""

import base64
import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup
from PIL import Image

from robustlib.figures import triptych

X = torch.full((2, 1, 28, 28), 0.5)
X_ADV = X.clone()
X_ADV[0, 0, 0, 0], X_ADV[1, 0, :, :2] = 0.6, 0.45
LOGITS = torch.log(torch.tensor([[0.9, 0.1], [0.2, 0.8]]))


def made(x: Any = X, x_adv: Any = X_ADV, **other: Any) -> Any:
    words = {"y": torch.tensor([0, 1]), "said": LOGITS, "said_adv": torch.tensor([1, 1]), "caption": "eps = 0.1"}
    return triptych(x, x_adv, **(words | other))


def test_words_of_each_image() -> None:
    page = BeautifulSoup(made()._repr_html_(), "html.parser")
    assert [th.get_text(" ") for th in page.select("thead th")] == [
        "label",
        "clean",
        "change × 5 around grey",
        "attacked",
    ]
    assert [[td.get_text(" ") for td in row.find_all("td")] for row in page.select("tbody tr")] == [
        ["says 0 (0.90)\N{NO-BREAK SPACE}✓", "L∞ 0.100 L2 0.10", "says 1\N{NO-BREAK SPACE}✗"],
        ["says 1 (0.80)\N{NO-BREAK SPACE}✓", "L∞ 0.050 L2 0.37", "says 1\N{NO-BREAK SPACE}✓"],
    ]
    assert [p["aria-label"] for p in page.find_all(role="img")][:3] == [
        "0, clean: says 0 (0.90)\N{NO-BREAK SPACE}(right)",
        "change of the 0, 5 times around grey: L-infinity 0.100, L2 0.10",
        "0, attacked: says 1\N{NO-BREAK SPACE}(misread)",
    ]
    assert ["rl-wrong" in td["class"] for td in page.select("td")] == [False, False, True, False, False, False]
    assert repr(made()).endswith("attacked says 1\N{NO-BREAK SPACE}✓\neps = 0.1")


def test_the_change_is_magnified_around_grey() -> None:
    found = re.search(r"base64,([^)]*)\)", made()._repr_html_())
    assert found
    sheet = np.asarray(Image.open(BytesIO(base64.b64decode(found[1]))).convert("L"), float) / 255
    assert sheet.shape == (56, 84)
    change = sheet[:, 28:56]
    assert change[0, 0] == 1 and abs(change[0, 1] - 0.5) < 0.003, "5 x 0.1 above grey is white; no change is grey"
    assert abs(change[28, 0] - 0.25) < 0.02
    assert "cut at black and white" not in made()._repr_html_() and "cut at" in made(gain=6)._repr_html_()


def test_photographs_keep_their_colours_and_names() -> None:
    x = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    html = made(x, x, classes=["cat", "dog"], scale=1)._repr_html_()
    found = re.search(r"base64,([^)]*)\)", html)
    assert found and ">says cat (0.90)" in html
    sheet = np.asarray(Image.open(BytesIO(base64.b64decode(found[1]))).convert("RGB"), float) / 255
    assert np.abs(sheet[:32, :32] - x[0].permute(1, 2, 0).numpy()).max() < 0.003
    assert "--k:2.5;" in html, "80 CSS pixels at least"


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"x": X[:1]}, "as many images"), ({"y": [0]}, "as many images"), ({"said": [0, 1, 1]}, "as many images"),
     ({"x": X[:0], "x_adv": X[:0], "y": [], "said": [], "said_adv": []}, "one at least"),
     ({"x": 255 * X}, r"must lie in \[0, 1\], got 127.5"), ({"x_adv": X - 1}, r"x_adv must lie in \[0, 1\]"),
     ({"x": torch.zeros(2, 4, 5, 5)}, "must be images"), ({"x": torch.full((2, 1, 28, 28), torch.nan)}, "must lie in"),
     ({"gain": 0}, "need gain > 0"), ({"caption": " "}, "a caption"), ({"said": [0.5, 1.2]}, "classes or"),
     ({"said": torch.zeros(2, 3, 3)}, "classes or")],
)  # fmt: skip
def test_what_is_no_triptych(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made(**changed)


@pytest.mark.chromium
@pytest.mark.parametrize("width", [390, 1280])
def test_pictures_are_large_and_the_page_no_wider(opened: Callable[..., Any], width: int) -> None:
    x = torch.rand(2, 3, 32, 32)
    page = opened(
        made(x, x, classes=["automobile", "airplane"])._repr_html_(), viewport={"width": width, "height": 800}
    )
    sizes = [p.evaluate("e => e.clientWidth") for p in page.locator(".rl-pic").all()]
    assert min(sizes) >= 80 and len(sizes) == 6
    assert page.evaluate("document.documentElement.scrollWidth") <= width
