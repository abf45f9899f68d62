"""The control over a threshold: what it draws and says is what the records say."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from bs4 import BeautifulSoup
from figures.examples import EMPTY, RECORDS, record

from robustlib.evaluation import Detection
from robustlib.figures import threshold_slider
from robustlib.figures.page.threshold_drawings import HIGH, WIDE

HAND = Detection(torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.tensor([0.0, 1.5, 2.5, 2.75])).record()


def page_of(records: dict[str, dict[str, Any]], **more: Any) -> BeautifulSoup:
    return BeautifulSoup(threshold_slider(records, **more)._repr_html_(), "html.parser")


def test_records_that_cannot_be_drawn() -> None:
    for records, start in (({}, 0.05), ({"JSMA": EMPTY}, 0.05), (RECORDS, 5.0)):
        with pytest.raises(ValueError, match=r"records of some images and start in \[0, 1\]"):
            threshold_slider(records, start=start)


def test_the_slider_stops_where_something_changes_and_says_what() -> None:
    page = page_of({"K": HAND}, start=0.3)
    data = json.loads(page.find(class_="rl-frames")["data-d"])
    assert data["value"] == ["0 %", "25 %", "50 %", "80 %", "100 %"]
    assert data["text"][0][0] == "Threshold 1: 0.0 % of the clean images rejected, 25.0 % of the attacks detected."
    assert data["text"][0][-1] == (
        "Threshold above every score: 100.0 % of the clean images rejected, 100.0 % of the attacks detected."
    )
    assert data["said"][1] == "25 %; K detects 50.0 %"
    slider = page.find("input")
    assert (slider["min"], slider["max"], slider["value"]) == ("0", "4", "1")
    assert slider["aria-valuetext"] == data["said"][1] and page.find("label")["for"] == slider["id"]
    assert page.find(class_="rl-frames")["style"] == "--i:1"


def test_every_position_is_the_records_own_point() -> None:
    data = json.loads(page_of(RECORDS).find(class_="rl-frames")["data-d"])
    assert data["value"][:5] == ["0 %", "0.1 %", "0.2 %", "0.5 %", "1 %"]
    for name, said in zip(RECORDS, data["text"], strict=True):
        curve = RECORDS[name]["roc"]
        for rate, words in zip(data["value"], said, strict=True):
            rejected, detected = (float(v) / 100 for v in re.findall(r"([\d.]+) % of", words))
            best = max(t for f, t in zip(curve["false"], curve["true"], strict=True) if f <= float(rate[:-2]) / 100)
            assert rejected <= float(rate[:-2]) / 100 + 1e-9 and detected == pytest.approx(best, abs=6e-4)


def test_a_threshold_of_minus_infinity_and_constant_scores_are_drawn() -> None:
    odd = {
        "infinite": Detection(torch.tensor([-torch.inf, 1.0]), torch.tensor([-torch.inf, 0.0])).record(),
        "constant": Detection(torch.ones(3), torch.ones(2)).record(),
        "sure": Detection(torch.full((9,), 0.99999), torch.zeros(9)).record(),
    }
    made = threshold_slider(odd)
    assert "nan" not in made.html and "inf" not in re.sub("infinite", "", made.html)
    text = json.loads(page_of(odd).find(class_="rl-frames")["data-d"])["text"]
    assert text[0][0].startswith("Threshold below every score: 0.0 %") and text[2][0].startswith("Threshold 1 - 1e-05:")


def test_the_control_is_labelled_small_and_stands_alone() -> None:
    names = {
        f"{loss}, {kind} & <b>": record(s) for loss, s in (("CE", 1.0), ("RCE", 2.0)) for kind in ("K", "non-ME's")
    }
    html = threshold_slider(names, caption="Invented.")._repr_html_()
    assert len(html) < 60_000 and not re.search(r"https?:|//[a-z]|<script|src=|@import|<b>", html)
    page = BeautifulSoup(html, "html.parser")
    pictures = page.find_all(attrs={"role": "img"})
    assert len(pictures) == 4
    assert pictures[1]["aria-label"].startswith("Scores and ROC curve, CE, non-ME's & <b>, 5 %: Threshold ")
    listed = page.find("noscript").find_all("li")
    assert len(listed) == 4 and " % at 5 %; " in listed[0].text
    ids = [BeautifulSoup(threshold_slider(r).html, "html.parser").find("input")["id"] for r in (names, names, RECORDS)]
    assert ids[0] == ids[1] != ids[2]


def test_the_words_are_there_without_html() -> None:
    said = repr(threshold_slider({"K": HAND}, caption="Invented."))
    assert said.splitlines()[1].startswith("K, AUC 68.8 %: 25.0 % at 0 %; 50.0 % at 25 %;") and said.endswith(
        "Invented."
    )


@pytest.mark.chromium
def test_keys_move_the_line_and_the_dot(opened: Callable[..., Any]) -> None:
    page = opened(threshold_slider(RECORDS).html)
    strips = page.locator(".rl-over").all()
    lefts = "e => e.getBoundingClientRect().left - e.parentElement.getBoundingClientRect().left"
    at = int(page.locator("input").input_value())
    assert [s.evaluate(lefts) for s in strips] == [-WIDE * at, -HIGH * at] * 2
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert [s.evaluate(lefts) for s in strips] == [-WIDE * (at + 1), -HIGH * (at + 1)] * 2
    assert page.locator("input").get_attribute("aria-valuetext").startswith("7 %; RCE, K-density detects ")
    text = page.locator(".rl-text").nth(1).inner_text()
    assert re.match(r"Threshold \S+: 7.0 % of the clean images rejected, \S+ % of the attacks detected.", text)
    assert text in page.locator(".rl-pic").nth(1).get_attribute("aria-label")
    page.keyboard.press("Home")
    assert page.locator(".rl-value").inner_text() == "0 %"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.chromium
def test_without_scripts_the_drawings_stay_and_the_words_are_listed(opened: Callable[..., Any]) -> None:
    page = opened(threshold_slider(RECORDS).html, java_script_enabled=False)
    assert not page.locator(".rl-control").is_visible()
    assert page.locator(".rl-over").first.is_visible() and page.locator("li").count() == len(RECORDS)
