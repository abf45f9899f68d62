"""The predict box: question, choices, and the answer that is folded until it is asked for, or printed."""

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup

from robustlib.evaluation import Cell, Table, TextTable
from robustlib.figures import predict, triptych
from robustlib.figures.page.fragment import fragment

CHOICES = ["it rises", "it stays", "it falls"]


def test_the_answer_is_folded_and_the_choices_are_labelled() -> None:
    box = predict("does $h$ rise?", "it falls", choices=CHOICES, why="The `argmin` is the *same*.\n\nSee below.")
    page = BeautifulSoup(box._repr_html_(), "html.parser")
    assert page.find("legend").text == r"Predict: does \(h\) rise?"
    assert [label.text.strip() for label in page.find_all("label")] == CHOICES
    assert [bool(label.get("class")) for label in page.find_all("label")] == [False, False, True]
    (name,) = {radio["name"] for radio in page.find_all("input", type="radio")}
    assert name.startswith("rl-") and name != predict("another?", "it falls", choices=CHOICES).html
    folded = page.find("details")
    assert not folded.has_attr("open") and folded.find("summary").text == "Answer"
    assert [p.text for p in folded.find_all("p")] == ["it falls", "The argmin is the same.", "See below."]
    assert "it falls" not in page.find("fieldset").find_next_sibling("details").find("summary").text
    assert repr(box).splitlines()[:5] == ["Predict: does $h$ rise?", *(f"( ) {c}" for c in CHOICES), "Answer:"]


def test_two_boxes_do_not_share_their_radio_buttons() -> None:
    names = {BeautifulSoup(predict(q, "a", choices=["a", "b"]).html, "html.parser").find("input")["name"] for q in "pq"}
    assert len(names) == 2


def test_an_answer_may_be_a_figure_a_table_or_several_things() -> None:
    figure = fragment("x", "", "<p>drawn</p>", "a drawing")
    table = Table("t", (Cell("r", "c", ours=1.0),))
    box = predict("which?", ["The first.", figure, table, TextTable("w", ("a", "b"), (("1", "2"),))])
    inside = BeautifulSoup(box.html, "html.parser").find(class_="rl-answer")
    assert inside.find(class_="rl-x").text == "drawn" and len(inside.find_all("table")) == 2
    assert "a drawing" in repr(box) and str(table) in repr(box)


class Marked:
    """As IPython's Markdown."""

    def _repr_markdown_(self) -> str:
        return "**12.3 %** of them"


def test_markdown_is_text() -> None:
    assert "<strong>12.3 %</strong> of them" in predict("how many?", Marked()).html


@pytest.mark.parametrize(
    ("call", "said"),
    [((" ", "a"), "needs a question"), (("q", ""), "an answer"), (("q", []), "an answer"),
     (("q", ["a", " "]), "an answer"), (("q", 3), "got int"), (("q", None), "got NoneType")],
)  # fmt: skip
def test_what_is_no_question(call: tuple[Any, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        predict(*call)


@pytest.mark.parametrize("choices", [["a"], ["a", "a"], []])
def test_choices_that_are_none(choices: list[str]) -> None:
    with pytest.raises(ValueError, match="two different choices or more"):
        predict("q", "a", choices=choices)


@pytest.mark.chromium
def test_by_keyboard_without_scripts_and_in_print(opened: Callable[..., Any]) -> None:
    page = opened(predict("does it rise?", "it falls", choices=CHOICES)._repr_html_(), java_script_enabled=False)
    answer = page.locator(".rl-answer")
    assert not answer.is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    assert page.locator("input").nth(1).is_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert answer.is_visible()
    page.keyboard.press("Enter")
    assert not answer.is_visible()
    page.emulate_media(media="print")
    assert answer.bounding_box()["height"] > 10, "the answer is printed"


@pytest.mark.chromium
def test_the_right_choice_is_marked_only_once_the_answer_is_open(opened: Callable[..., Any]) -> None:
    page = opened(predict("does it rise?", "it falls", choices=CHOICES)._repr_html_())
    marks = lambda: page.evaluate(  # noqa: E731
        "[...document.querySelectorAll('label')].map(e => getComputedStyle(e, '::after').content)"
    )
    page.locator("input").nth(0).check()
    assert marks() == ["none", "none", "none"]
    page.locator("summary").click()
    assert ["✗" in marks()[0], "✗" in marks()[1], "✓" in marks()[2]] == [True, False, True]


@pytest.mark.chromium
def test_opening_a_box_moves_no_figures_number(opened: Callable[..., Any]) -> None:
    picture = {"y": [0], "said": [0], "said_adv": [1], "caption": "c"}
    figure = triptych([[[0.5]]], [[[0.6]]], **picture)
    html = f'<main class="bd-article">{figure.html}{predict("which?", figure).html}{figure.html}</main>'
    page = opened(html)
    page.locator("summary").click()
    said = "e => getComputedStyle(e).counterIncrement + getComputedStyle(e, '::before').content"
    assert page.locator(".rl-answer .rl-figure").evaluate(said) == "nonenone"
    assert "rl-figure 1" in page.locator("main > .rl-triptych .rl-figure").last.evaluate(said)
