"""ROC curves, the AUC over gamma, and the control over a threshold: what they draw is what the records say."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from robustlib.evaluation import Detection
from robustlib.figures import gamma_figure, roc_figure, style_of, threshold_slider
from robustlib.figures.page.threshold_drawings import HIGH, WIDE, score_drawing
from robustlib.figures.plots.detection import detector_style

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
GAMMAS = {0.01: (0.6, 0.5, 0.7), 1.0: (0.9, 0.85, 0.95), 100.0: (0.4, 0.3, 0.5)}


def found(shift: float, m: int = 1000, n: int = 400) -> dict[str, Any]:
    """A stored record of scores whose adversarial ones lie lower by this much."""
    generator = torch.Generator().manual_seed(int(10 * shift))
    of = Detection(torch.randn(m, generator=generator), torch.randn(n, generator=generator) * 1.5 - shift)
    return json.loads(json.dumps(of.record()))


RECORDS = {"RCE, K-density": found(3.0), "CE, K-density": found(1.0)}
HAND = Detection(torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.tensor([0.0, 1.5, 2.5, 2.75])).record()


def line_of(drawn: Figure, x: Any, y: Any) -> Any:
    """The line through just these points."""
    lines = [line for line in drawn.axes[0].lines if len(line.get_xdata()) == len(x)]
    return next(v for v in lines if np.allclose(v.get_xdata(), x) and np.allclose(v.get_ydata(), y))


def test_a_series_takes_its_colour_from_the_network_and_its_strokes_from_the_detector() -> None:
    said, style = detector_style(("RCE", "K-density"))
    assert (said, style.colour) == ("RCE, K-density", style_of("rce").colour)
    assert detector_style("RCE, K-density") == (said, style)
    names = ["RCE, K-density", "CE, K-density", "RCE, confidence", "CE, confidence", "RCE, non-ME", "CE, non-ME"]
    styles = [detector_style(name)[1] for name in names]
    assert len({(style.colour, style.line) for style in styles}) == 6
    assert [style.line for style in styles[::2]] == [style.line for style in styles[1::2]]
    alone = [detector_style(name)[1] for name in ("K-density", "confidence", "non-ME", "Bayesian uncertainty")]
    assert len({style.colour for style in alone}) == len({style.line for style in alone}) == 4


@pytest.mark.parametrize(
    ("name", "known"),
    [("CE", "softmax"), ("CE, PGD", "softmax"), ("cross-entropy", "softmax"), ("Reverse cross-entropy", "rce")],
)
def test_losses_have_the_look_of_their_network(name: str, known: str) -> None:
    assert style_of(name) == style_of(known)
    assert style_of("APGD-CE") == style_of("APGD")


def test_a_roc_curve_goes_through_the_records_points(drawings: list[Figure]) -> None:
    made = roc_figure(RECORDS, caption="c")
    for name, record in RECORDS.items():
        line = line_of(drawings[0], *(100 * np.array(record["roc"][side]) for side in ("false", "true")))
        assert to_hex(line.get_color()).upper() == detector_style(name)[1].colour
        wanted = f"{name}: AUC {record['auc']:.3f} [{record['low']:.3f}, {record['high']:.3f}]"
        assert wanted in [text.get_text() for text in drawings[0].legends[0].get_texts()]
        share = record["caught"]["0.05"]["share"]
        assert f"{name}: AUC {record['auc']:.3f}" in made.alt and f"{100 * share:.0f} % caught at 5 %" in made.alt
        bars = [c for c in drawings[0].axes[0].containers if to_hex(c[0].get_color()).upper() == line.get_color()]
        assert [bar[0].get_ydata()[0] for bar in bars] == [
            100 * record["caught"][at]["share"] for at in ("0.01", "0.05")
        ]
        assert [bar[0].get_xdata()[0] for bar in bars] == [
            100 * record["refused"][at]["share"] for at in ("0.01", "0.05")
        ]
        ends = bars[1][2][0].get_segments()[0][:, 1]
        assert ends == pytest.approx([100 * record["caught"]["0.05"][end] for end in ("low", "high")])
    uprights = [line.get_xdata()[0] for line in drawings[0].axes[0].lines if len(set(line.get_xdata())) == 1]
    assert {1, 5} <= set(uprights)


def test_a_logarithmic_axis_keeps_what_is_caught_at_no_false_positive(drawings: list[Figure]) -> None:
    made = roc_figure(RECORDS, caption="c", log=True)
    ax = drawings[0].axes[0]
    assert ax.get_xscale() == "log" and "logarithmic" in made.alt
    record = RECORDS["RCE, K-density"]
    at_none = max(t for f, t in zip(record["roc"]["false"], record["roc"]["true"], strict=True) if f == 0)
    starts = [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines]
    assert at_none > 0 and any(np.allclose(start, (0.1, 100 * at_none)) for start in starts), "0.1 %: one of 1000"
    assert all(np.min(line.get_xdata()) > 0 for line in ax.lines)


def test_gamma_curves_have_bands_and_marks(drawings: list[Figure]) -> None:
    series = {("RCE", "BIM"): GAMMAS, ("CE", "BIM"): {1.0: RECORDS["CE, K-density"], 0.1: (0.5, 0.4, 0.6)}}
    made = gamma_figure(series, printed={"CE": 0.26, "RCE": 2.6}, chosen={"CE": 0.5, "RCE": 0.7}, caption="c")
    ax = drawings[0].axes[0]
    assert ax.get_xscale() == "log"
    assert to_hex(line_of(drawings[0], list(GAMMAS), [0.6, 0.9, 0.4]).get_color()).upper() == style_of("rce").colour
    line_of(drawings[0], [0.1, 1.0], [0.5, RECORDS["CE, K-density"]["auc"]])
    band = ax.collections[0].get_paths()[0].vertices
    assert {0.3, 0.95} <= set(np.round(band[:, 1], 9))
    marks = {
        (line.get_xdata()[0], line.get_color(), line.get_linestyle()) for line in ax.lines if line.get_xdata()[0] > 0.2
    }
    black, rce = style_of("CE").colour, style_of("RCE").colour
    assert {(0.26, black, "--"), (2.6, rce, "--"), (0.5, black, "-"), (0.7, rce, "-")} <= marks
    assert sorted(text.get_text() for text in ax.texts) == ["C", "C", "P", "P"]
    for words in (
        "RCE, BIM: 0.600 at 0.01, 0.900 at 1, 0.400 at 100",
        "printed gamma of RCE: 2.6",
        "chosen gamma of CE",
    ):
        assert words in made.alt


EMPTY = Detection(torch.zeros(3), torch.zeros(0)).record()


def test_records_that_cannot_be_drawn() -> None:
    marks: dict[str, Any] = {"printed": {}, "chosen": {}, "caption": "c"}
    with pytest.raises(ValueError, match="JSMA has no AUC: its record counts 0 adversarial"):
        roc_figure({"JSMA": EMPTY}, caption="c")
    with pytest.raises(ValueError, match="no record"):
        roc_figure({}, caption="c")
    with pytest.raises(ValueError, match="BIM has no AUC"):
        gamma_figure({"BIM": {1.0: EMPTY}}, **marks)
    for values in ({}, {0.0: (0.5, 0.4, 0.6)}, {-1.0: (0.5, 0.4, 0.6)}):
        with pytest.raises(ValueError, match="gamma > 0"):
            gamma_figure({"BIM": values}, **marks)
    for records, start in (({}, 0.05), ({"JSMA": EMPTY}, 0.05), (RECORDS, 5.0)):
        with pytest.raises(ValueError, match=r"records of some images and start in \[0, 1\]"):
            threshold_slider(records, start=start)


def page_of(records: dict[str, dict[str, Any]], **more: Any) -> BeautifulSoup:
    return BeautifulSoup(threshold_slider(records, **more)._repr_html_(), "html.parser")


def test_the_slider_stops_where_something_changes_and_says_what() -> None:
    page = page_of({"K": HAND}, start=0.3)
    data = json.loads(page.find(class_="rl-frames")["data-d"])
    assert data["value"] == ["0 %", "25 %", "50 %", "80 %", "100 %"]
    assert data["text"][0][0] == "Threshold 1: 0.0 % of the clean images refused, 25.0 % of the attacks caught."
    assert data["text"][0][-1] == (
        "Threshold above every score: 100.0 % of the clean images refused, 100.0 % of the attacks caught."
    )
    assert data["said"][1] == "25 %; K catches 50.0 %"
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
            refused, caught = (float(v) / 100 for v in re.findall(r"([\d.]+) % of", words))
            best = max(t for f, t in zip(curve["false"], curve["true"], strict=True) if f <= float(rate[:-2]) / 100)
            assert refused <= float(rate[:-2]) / 100 + 1e-9 and caught == pytest.approx(best, abs=6e-4)


def test_the_line_stands_at_the_threshold_and_bars_at_their_counts() -> None:
    record = {
        "histogram": {"edges": [0.0, 1.0, 2.0], "normal": [0, 4], "adversarial": [3, 1]},
        "roc": {"false": [0, 0, 0.5, 1], "true": [0, 0.5, 1, 1], "threshold": [None, 0.5, 1.5, None]},
    }
    drawn = BeautifulSoup(score_drawing(record, [0, 1, 2, 3]), "html.parser")
    starts = [float(x) for x in re.findall(r"M([\d.]+) 0v", drawn.find(class_="rl-line")["d"])]
    assert [x - k * WIDE for k, x in enumerate(starts)] == pytest.approx([1, WIDE / 4, 3 * WIDE / 4, WIDE - 1], abs=0.1)
    tops = {
        side: [int(y) for y in re.findall(r"V(\d+)h", drawn.find(class_=side)["d"])] for side in ("rl-clean", "rl-adv")
    }
    assert tops["rl-clean"] == [HIGH, 8], "nothing, and the highest"
    assert tops["rl-adv"] == [round(HIGH - (HIGH - 8) * share**0.5) for share in (0.75, 0.25)]


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
    names = {f"{loss}, {kind} & <b>": found(s) for loss, s in (("CE", 1.0), ("RCE", 2.0)) for kind in ("K", "non-ME's")}
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
    assert said.splitlines()[1].startswith("K, AUC 0.688: 25.0 % at 0 %; 50.0 % at 25 %;") and said.endswith(
        "Invented."
    )


@pytest.mark.chromium
def test_keys_move_the_line_and_the_dot(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    file = tmp_path / "page.html"
    file.write_text(f"<!doctype html><meta charset=utf-8><body>{threshold_slider(RECORDS).html}", encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 800})
        page.goto(file.as_uri())
        strips = page.locator(".rl-over").all()
        lefts = "e => e.getBoundingClientRect().left - e.parentElement.getBoundingClientRect().left"
        at = int(page.locator("input").input_value())
        assert [s.evaluate(lefts) for s in strips] == [-WIDE * at, -HIGH * at] * 2
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowRight")
        assert [s.evaluate(lefts) for s in strips] == [-WIDE * (at + 1), -HIGH * (at + 1)] * 2
        assert page.locator("input").get_attribute("aria-valuetext").startswith("7 %; RCE, K-density catches ")  # type: ignore[union-attr]
        text = page.locator(".rl-text").nth(1).inner_text()
        assert re.match(r"Threshold \S+: 7.0 % of the clean images refused, \S+ % of the attacks caught.", text)
        assert text in page.locator(".rl-pic").nth(1).get_attribute("aria-label")  # type: ignore[operator]
        page.keyboard.press("Home")
        assert page.locator(".rl-value").inner_text() == "0 %"
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        browser.close()
