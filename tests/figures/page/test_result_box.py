"""The head of a chapter: its numbers as they were handed in, and their places on the line."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup

from robustlib.evaluation import Evidence
from robustlib.figures import result_box

LEFT = Evidence(0.055, 0.031, 0.096, 200, "margin PGD", "L-infinity", 0.1, 1, "10 of 10 epochs")
OURS = Evidence(0.9, 0.88, 0.92, 1000, "FGSM", "L-infinity", 0.3)


def made(**other: Any) -> Any:
    return result_box(
        "*Nine* of ten are read right.", **({"printed": 0.9287, "source": "table 3", "left": LEFT} | other)
    )


def test_numbers_and_what_they_rest_on() -> None:
    page = BeautifulSoup(made(ours=OURS, printed_on="n = 10,000")._repr_html_(), "html.parser")
    said = [
        (dt.text.strip(), " ".join(dd.get_text(" ").split())) for dt, dd in zip(page("dt"), page("dd"), strict=True)
    ]
    assert said == [
        ("The paper prints (table 3)", "92.87 % n = 10,000."),
        ("We measure under FGSM", f"90.0 % [88.0, 92.0] {OURS.rests_on}."),
        ("Left under margin PGD", f"5.5 % [3.1, 9.6] {LEFT.rests_on}."),
    ]
    chart = page.find(role="img")
    assert "Left under margin PGD: 5.5 % [3.1, 9.6]" in chart["aria-label"]
    assert [svg["x"] for svg in chart("svg")] == ["90.00%", "5.50%", "92.87%"]
    ends = [(line["x1"], line["x2"]) for line in chart("line") if line["class"] == ["rl-left"]]
    assert ends == [("3.10%", "9.60%")]
    assert len({path["d"] for path in chart("path")}) == 3, "three shapes: no reader needs the colour"


def test_a_paper_without_a_number() -> None:
    page = BeautifulSoup(made(printed=None)._repr_html_(), "html.parser")
    assert page.find("dd").text == "no number" and len(page.find(role="img")("svg")) == 1
    assert repr(made(printed=None)).splitlines()[1] == "The paper prints (table 3): no number"


def test_a_source_that_is_no_paper_and_a_claim_in_our_words() -> None:
    assert repr(made(paper="report", head="The claim, in our words")).splitlines()[:2] == [
        "The claim, in our words: *Nine* of ten are read right.",
        "The report prints (table 3): 92.87 %",
    ]
    page = BeautifulSoup(made(head="The <claim>")._repr_html_(), "html.parser")
    assert page.find("strong").text == "The <claim>:"


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"printed": 92.87}, "divide a percentage by 100"), ({"source": " "}, "needs the claim"),
     ({"left": Evidence(0.5, 0.4, 0.6, 5)}, "under which attack")],
)  # fmt: skip
def test_what_is_no_result(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made(**changed)


@pytest.mark.chromium
@pytest.mark.parametrize("share", [0.0, 1.0])
def test_marks_at_the_ends_stay_in_the_box(opened: Callable[..., Any], share: float) -> None:
    left = Evidence(share, share, share, 5, "PGD")
    page = opened(made(printed=1 - share, left=left)._repr_html_())
    box = page.locator(".rl-result").bounding_box()
    for mark in page.locator(".rl-chart path, .rl-chart text").all():
        at = mark.bounding_box()
        assert box["x"] < at["x"] and at["x"] + at["width"] < box["x"] + box["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not re.search(r"https?:|src=", made().html)
