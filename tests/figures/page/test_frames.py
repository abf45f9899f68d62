"""The slider: its HTML as a parser sees it, and what it does in a browser when keys are pressed."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from bs4 import BeautifulSoup
from torch import nn

from robustlib.attacks import FGSM, PGD
from robustlib.figures import Frame, fate, fates, frames
from robustlib.figures.page.sprite import sprite

RADII = (0.0, 0.1, 0.2, 0.3)


def noise(n: int = 1) -> torch.Tensor:
    return torch.rand(n, 28, 28, generator=torch.Generator().manual_seed(n))


def example(alt: str = "a handwritten 3") -> str:
    rows = {
        model: {
            attack: [Frame(image, f"says {3 + (i > at)} (0.9{i})", i <= at) for i, image in enumerate(noise(4))]
            for attack, at in (("FGSM", at + 1), ("PGD", at))
        }
        for model, at in (("Softmax", 0), ("Ours", 2))
    }
    return fate(rows, RADII, alt=alt, caption="Where does each break?")._repr_html_()


def test_the_control_is_labelled_and_speaks() -> None:
    page = BeautifulSoup(example(), "html.parser")
    slider = page.find("input")
    assert slider["type"] == "range" and (slider["min"], slider["max"], slider["step"]) == ("0", "3", "1")
    assert page.find("label")["for"] == slider["id"] and page.find("label").text == "eps"
    assert slider["aria-valuetext"] == "eps = 0; Softmax misread under 0 of 2; Ours misread under 0 of 2"
    live = page.find(class_="rl-live")
    pictures = live.find_all(attrs={"role": "img"})
    assert [p["aria-label"] for p in pictures][:2] == [
        "a handwritten 3, Softmax, FGSM, eps = 0: ✓ says 3 (0.90)",
        "a handwritten 3, Softmax, PGD, eps = 0: ✓ says 3 (0.90)",
    ]
    assert [g["aria-label"] for g in live.find_all(attrs={"role": "group"})] == ["Softmax", "Ours"]


def test_words_for_every_position_are_stored() -> None:
    data = json.loads(
        BeautifulSoup(example("a 3, 'so-called' & <old>"), "html.parser").find(class_="rl-frames")["data-d"]
    )
    assert data["alt"] == "a 3, 'so-called' & <old>"
    assert data["said"][2] == "eps = 0.2; Softmax misread under 2 of 2; Ours misread under 0 of 2"
    assert data["right"] == ["1100", "1000", "1111", "1110"]
    assert data["text"][1] == ["✓ says 3 (0.90)", "✗ says 4 (0.91)", "✗ says 4 (0.92)", "✗ says 4 (0.93)"]


def test_verdicts_are_marked_by_more_than_colour() -> None:
    css = example()
    assert re.search(r"\[data-right='1'\] \.rl-pic\{border-color", css)
    assert re.search(r"\[data-right='0'\] \.rl-pic\{border:3px dashed", css)


def test_ids_follow_from_the_content() -> None:
    ids = [re.search(r'id="([^"]*)"', html)[1] for html in (example(), example(), example("another"))]  # type: ignore[index]
    assert ids[0] == ids[1] != ids[2]


def test_nothing_is_fetched() -> None:
    html = example()
    assert not re.search(r"https?:|//[a-z]|<script|src=|@import", re.sub(r"data:image/webp;base64,[^)]*", "", html))


def test_without_scripts_all_pictures_and_words_remain() -> None:
    strip = BeautifulSoup(example(), "html.parser").find("noscript")
    assert strip.find(attrs={"role": "img"})["aria-label"]
    assert [li.text for li in strip.find_all("li")][3] == (
        "Ours, PGD: 0 ✓ says 3 (0.90); 0.1 ✓ says 3 (0.91); 0.2 ✓ says 3 (0.92); 0.3 ✗ says 4 (0.93)"
    )


def test_a_full_control_stays_small() -> None:
    """Four attacks, two models, eleven radii of an image with a third of its pixels perturbed by eps."""
    image, radii = torch.zeros(28, 28), [0.03 * i for i in range(11)]
    image[6:22, 8:20] = 1
    mask = (torch.rand(8, 28, 28, generator=torch.Generator().manual_seed(0)) < 0.33).float()
    rows = {
        m: {
            str(a): [Frame((image - eps * mask[4 * k + a]).abs(), "says 3 (0.98)", True) for eps in radii]
            for a in range(4)
        }
        for k, m in enumerate(("Softmax", "Ours"))
    }
    assert len(fate(rows, radii, alt="x")._repr_html_()) < 30_000


def test_frames_is_one_panel_without_verdict() -> None:
    made = frames(noise(3), ["a", "b", "c"], ["one", "two", "three"], alt="noise", label="seed")
    page = BeautifulSoup(made._repr_html_(), "html.parser")
    assert page.find("input")["aria-valuetext"] == "seed a; one"
    assert page.find(class_="rl-panel")["data-right"] == "-"
    assert repr(made) == "noise, by seed:\na one; b two; c three"
    style = page.find(class_="rl-frames")["style"]
    assert sprite(noise(3), 3).style(4) in style


def test_panels_that_do_not_fit_the_values() -> None:
    one = {"": {"FGSM": [Frame(noise()[0], "x")]}}
    for rows, values, alt in ((one, RADII, "x"), ({}, RADII, "x"), (one, [], "x"), (one, [0.1], " ")):
        with pytest.raises(ValueError, match="need"):
            fate(rows, values, alt=alt)


class Threshold(nn.Module):
    """Says 1 if the mean pixel is above one half; dropout makes train mode visible."""

    def __init__(self) -> None:
        super().__init__()
        self.frozen = nn.Dropout(0.5).eval()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        above = 40 * (self.frozen(x).flatten(1).mean(1) - 0.5)
        return torch.stack([-above, above], 1)


def test_fates_are_the_models_words_at_each_radius() -> None:
    model = Threshold().train()
    model.frozen.eval()
    x, y = torch.full((1, 1, 2, 2), 0.65), torch.tensor([1])
    found = fates(model, {"FGSM": FGSM, "PGD": lambda eps: PGD(eps, steps=5)}, x, y, RADII, classes=["dark", "light"])
    assert [frame.right for frame in found["FGSM"]] == [True, True, False, False]
    assert found["FGSM"][0].text == "says light (1.00)" and found["FGSM"][3].text == "says dark (1.00)"
    assert [round(frame.image.mean().item(), 4) for frame in found["FGSM"]] == [0.65, 0.55, 0.45, 0.35]
    assert model.training and not model.frozen.training
    again = fates(model, {"PGD": lambda eps: PGD(eps, steps=5)}, x, y, RADII)
    assert all(torch.equal(a.image, b.image) for a, b in zip(found["PGD"], again["PGD"], strict=True))
    with pytest.raises(ValueError, match="one image"):
        fates(model, {}, torch.cat([x, x]), torch.tensor([1, 1]), RADII)


@pytest.mark.chromium
def test_arrow_keys_move_pictures_and_words(opened: Callable[..., Any]) -> None:
    page = opened(example() + example("another"))
    first, second = page.locator("input").all()
    pictures = page.locator(".rl-frames").first.locator(".rl-live .rl-pic")
    place = "e => getComputedStyle(e).backgroundPosition"
    before = [p.evaluate(place) for p in pictures.all()]
    page.keyboard.press("Tab")
    assert first.evaluate("e => e === document.activeElement")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    said = "eps = 0.2; Softmax misread under 2 of 2; Ours misread under 0 of 2"
    assert first.get_attribute("aria-valuetext") == said
    said = "a handwritten 3, Softmax, FGSM, eps = 0.2: ✗ says 4 (0.92)"
    assert pictures.nth(0).get_attribute("aria-label") == said
    assert pictures.nth(0).evaluate("e => e.clientWidth") == 84, "three CSS pixels for each of 28"
    after = [p.evaluate(place) for p in pictures.all()]
    assert [a.split()[0] for a in after] == ["-168px"] * 4 and [b.split()[0] for b in before] == ["0px"] * 4
    assert [a.split()[1] for a in after] == ["0px", "-84px", "-168px", "-252px"]
    assert page.locator(".rl-sum").nth(0).inner_text() == "misread under 2 of 2"
    assert "dashed" in pictures.nth(0).evaluate("e => getComputedStyle(e).borderStyle")
    assert "solid" in pictures.nth(2).evaluate("e => getComputedStyle(e).borderStyle")
    assert second.get_attribute("aria-valuetext").startswith("eps = 0;")
    page.keyboard.press("End")
    assert page.locator(".rl-value").nth(0).inner_text() == "eps = 0.3"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.chromium
def test_without_scripts_the_strip_stands_in_place_of_the_control(opened: Callable[..., Any]) -> None:
    page = opened(example(), java_script_enabled=False)
    assert not page.locator(".rl-live").is_visible() and page.locator(".rl-strip .rl-pic").is_visible()
    assert page.locator("noscript li").count() == 4
