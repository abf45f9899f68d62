"""Tables as a parser and a screen reader see them."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from robustlib.evaluation import Cell, Table, TextTable
from robustlib.figures import paper_beside_ours, words
from robustlib.figures.page.tables import mark

TABLE = Table(
    "Accuracy in %. L-infinity, eps = 0.3, n = 1000 images.",
    (
        Cell("Softmax", "clean", 99.2, 99.1, 98.3, 99.5, 1000),
        Cell("Softmax", "PGD", 0, 4.0, 3.0, 5.4, 1000),
        Cell("Ours <new>", "clean", 99.58, 90.0, 88.0, 91.7, 1000, "4 of 10 epochs"),
        Cell("Ours <new>", "PGD", 95.49, None, None, None, None, "4 of 10 epochs"),
        Cell("Ours, no paper", "clean", None, 97.0, 95.8, 97.9, 1000),
    ),
)


def grid(html: str) -> list[list[str]]:
    rows = BeautifulSoup(html, "html.parser").find("table").find_all("tr")
    return [[cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])] for row in rows]


def test_every_number_is_in_its_place() -> None:
    assert grid(paper_beside_ours(TABLE)._repr_html_()) == [
        ["", "clean", "PGD"],
        ["Softmax", "paper 99.2 ours 99.1 = [98.3, 99.5]", "paper 0 ours 4.0 ↑ [3.0, 5.4]"],
        ["Ours <new>", "paper 99.58 ours 90.0 ↓ [88.0, 91.7] note 1", "paper 95.49 ours not run note 1"],
        ["Ours, no paper", "ours 97.0 [95.8, 97.9]", "ours not run"],
    ]


def test_a_cell_that_was_run_and_found_nothing_is_not_called_not_run() -> None:
    cells = (
        Cell("a", "x", 1.0, n=0, note="nothing was fooled"),
        Cell("a", "y", n=0, note="nothing was fooled"),
        Cell("a", "z", note="too long"),
    )
    assert grid(paper_beside_ours(Table("t", cells))._repr_html_())[1:] == [
        ["a", "paper 1 ours none note 1", "ours none note 1", "note 2"]
    ]


def test_headers_are_scoped_and_the_caption_is_the_tables() -> None:
    page = BeautifulSoup(paper_beside_ours(TABLE)._repr_html_(), "html.parser")
    assert [th["scope"] for th in page.find("thead").find_all("th")] == ["col", "col"]
    assert [th["scope"] for th in page.find("tbody").find_all("th")] == ["row"] * 3
    assert page.find("caption").text == TABLE.caption
    box = page.find(attrs={"role": "region"})
    assert box["tabindex"] == "0" and box["aria-label"] == TABLE.caption


def test_marks_are_explained_and_notes_numbered_once() -> None:
    html = paper_beside_ours(TABLE)._repr_html_()
    page = BeautifulSoup(html, "html.parser")
    assert page.find("p").text == "↑ ours is higher; ↓ ours is lower; = the paper's number lies in our interval."
    assert [li.text for li in page.find_all("li")] == ["4 of 10 epochs"]
    assert "rl-below" in html and "rl-above" in html


def test_a_page_may_call_the_two_numbers_otherwise() -> None:
    html = paper_beside_ours(TABLE, ("measured", "report"))._repr_html_()
    assert grid(html)[1] == [
        "Softmax",
        "report 99.2 measured 99.1 = [98.3, 99.5]",
        "report 0 measured 4.0 ↑ [3.0, 5.4]",
    ]
    said = BeautifulSoup(html, "html.parser").find("p").text
    assert said == "↑ measured is higher; ↓ measured is lower; = the report's number lies in our interval."


def test_a_dash_stands_where_nothing_belongs() -> None:
    table = Table("c", (Cell("a", "b", 1, 2), Cell("c", "b", applies=False)))
    assert [row[1] for row in grid(paper_beside_ours(table)._repr_html_())[1:]] == ["paper 1 ours 2.0 ↑", "–"]


def test_n_is_said_where_it_differs() -> None:
    same = Table("c", (Cell("a", "b", 1, 2, 1, 3, 500), Cell("c", "b", 1, 2, 1, 3, 500)))
    other = Table("c", (Cell("a", "b", 1, 2, 1, 3, 500), Cell("c", "b", 1, 2, 1, 3, 1000)))
    assert "n = " not in paper_beside_ours(same)._repr_html_()
    assert [row[1] for row in grid(paper_beside_ours(other)._repr_html_())[1:]] == [
        "paper 1 ours 2.0 = [1.0, 3.0] n = 500",
        "paper 1 ours 2.0 = [1.0, 3.0] n = 1000",
    ]


@pytest.mark.parametrize(
    ("paper", "ours", "low", "high", "said"),
    [
        (50, 60, 55, 65, "↑"),
        (50, 40, 35, 45, "↓"),
        (50, 52, 48, 56, "="),
        (50, 52, 50, 56, "="),
        (50, 52, None, None, "↑"),
        (98.8, 98.2, 97.6, 98.76, "="),
        (None, 52, 48, 56, ""),
        (50, None, None, None, ""),
    ],
)
def test_a_difference_is_one_beyond_the_interval(
    paper: float | None, ours: float | None, low: float | None, high: float | None, said: str
) -> None:
    assert mark(Cell("r", "c", paper, ours, low, high)) == said


def test_the_text_is_the_command_lines_with_notes() -> None:
    assert repr(paper_beside_ours(TABLE)) == f"{TABLE}\n1. 4 of 10 epochs"


def test_a_table_of_words() -> None:
    table = TextTable("The network.", ("block", "printed"), (("1", "Conv & <ReLU>"), ("2", "Dense")))
    made = words(table)
    assert grid(made._repr_html_()) == [["block", "printed"], ["1", "Conv & <ReLU>"], ["2", "Dense"]]
    assert [th["scope"] for th in BeautifulSoup(made._repr_html_(), "html.parser").find_all("th")] == ["col"] * 2 + [
        "row"
    ] * 2
    assert repr(made) == str(table)


def test_an_entry_of_a_table_of_words_can_lead_somewhere() -> None:
    table = TextTable("t", ("asked", "done"), (("a", "there <b>"), ("there <b>", "nowhere")))
    page = BeautifulSoup(words(table, links={"there <b>": 'x.html#"y"'})._repr_html_(), "html.parser")
    assert [(a.text, a["href"], a.parent.name) for a in page.find_all("a")] == [("there <b>", 'x.html#"y"', "td")]
    with pytest.raises(ValueError, match="none is 'elsewhere'"):
        words(table, links={"elsewhere": "x.html"})


def test_numbers_of_a_column_stand_with_their_points_in_one_line() -> None:
    cells = (Cell("a", "x", 7, 12.5, n=1), Cell("b", "x", 0.25, 3), Cell("c", "x"), Cell("d", "x", applies=False))
    html = paper_beside_ours(Table("c", cells))._repr_html_()
    assert "</small> 7\u2008\u2007\u2007<" in html and "</small> 0.25<" in html and "</small> 12.5\u2007<" in html
    numbers = BeautifulSoup(html, "html.parser").find("table").find_all(class_="rl-num")
    assert [cell.name for cell in numbers] == ["th", "td", "td", "td", "td"]
    entries = BeautifulSoup(words(TextTable("t", ("a", "b", "c"), (("x", "9", "1 of 2"), ("y", "10.5 %", "3"))))
        ._repr_html_(), "html.parser").find_all(["th", "td"])  # fmt: skip
    assert [entry.get("class") for entry in entries] == [
        None,
        ["rl-num"],
        None,
        None,
        ["rl-num"],
        None,
        None,
        ["rl-num"],
        None,
    ]
    assert entries[4].text == "9\u2008\u2007"


def test_a_name_that_rows_in_turn_share_is_said_once_and_a_long_table_folds() -> None:
    rows = (("PGD", "a"), ("PGD", "b"), ("DDN", "c"), ("PGD", "d"))
    page = BeautifulSoup(words(TextTable("t", ("attack", "on"), rows), fold="All <four>")._repr_html_(), "html.parser")
    heads = page.find_all("th", attrs={"scope": ["row", "rowgroup"]})
    assert [(th.text, th["scope"], th.get("rowspan")) for th in heads] == [
        ("PGD", "rowgroup", "2"),
        ("DDN", "row", None),
        ("PGD", "row", None),
    ]
    assert [len(body.find_all("tr")) for body in page.find_all("tbody")] == [2, 1, 1]
    assert page.find("details").find("summary").text == "All <four>" and not page.find("details").has_attr("open")


@pytest.mark.chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_shadow_says_where_a_table_goes_on(opened: Callable[..., Any], scheme: str) -> None:
    wide = Table("Wide.", tuple(Cell("Ours", f"a long name for attack {i}", 50, 60, 55, 65, 100) for i in range(9)))
    page = opened(f"<div class=bd-content>{paper_beside_ours(wide).html}</div>")
    if scheme == "dark":
        page.add_style_tag(content="html{--pst-color-background:#121212;background:#121212;color:#eee}")
    box = page.locator(".rl-scroll")

    def shadow(side: str) -> float:
        """How far the outermost column of pixels is, on average, from the page's colour."""
        frame = box.bounding_box()
        at = frame["x"] if side == "left" else frame["x"] + frame["width"] - 2
        strip = {"x": at, "y": frame["y"], "width": 2, "height": frame["height"]}
        pixels = np.asarray(Image.open(BytesIO(page.screenshot(clip=strip))).convert("L"), float)
        return float(np.abs(pixels - (18 if scheme == "dark" else 255)).mean())

    assert shadow("right") > 20 > shadow("left")
    box.evaluate("e => e.scrollLeft = e.scrollWidth")
    page.wait_for_timeout(100)
    assert shadow("right") < 20


def test_a_table_without_the_papers_numbers_needs_no_word_on_whose_they_are() -> None:
    ours = Table("c", (Cell("a", "b", None, 2, 1, 3, 500), Cell("c", "d", None, 4)))
    assert grid(paper_beside_ours(ours)._repr_html_())[1:] == [
        ["a", "2.0 [1.0, 3.0]", "not run"],
        ["c", "not run", "4.0"],
    ]


def test_what_a_row_says_in_parentheses_stands_below_its_name() -> None:
    html = paper_beside_ours(Table("c", (Cell("Ours (1 of 10 epochs, CPU)", "b", 1, 2),)))._repr_html_()
    header = BeautifulSoup(html, "html.parser").find("tbody").find("th")
    assert header.get_text("|") == "Ours|1 of 10 epochs, CPU" and header.find("small")


@pytest.mark.chromium
def test_a_wide_table_scrolls_inside_its_box_by_keyboard(opened: Callable[..., Any]) -> None:
    columns = [f"a long name for attack {i}" for i in range(9)]
    wide = Table("A caption that stays.", tuple(Cell("Ours", column, 50, 60, 55, 65, 100) for column in columns))
    page = opened(f"<div class=bd-content>{paper_beside_ours(wide).html}</div>")
    box, name, said = page.get_by_role("region", name="A caption that stays."), "tbody th", "caption div"
    before = {part: page.locator(part).bounding_box()["x"] for part in (name, said, "td.rl-num >> nth=0")}
    assert box.evaluate("e => e.scrollWidth > e.clientWidth") and box.evaluate("e => e.scrollLeft") == 0
    page.keyboard.press("Tab")
    assert box.evaluate("e => e === document.activeElement")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.activeElement.scrollLeft > 20")
    after = {part: page.locator(part).bounding_box()["x"] for part in before}
    assert after[name] == before[name] and after[said] == before[said], "name and caption stay in sight"
    assert after["td.rl-num >> nth=0"] < before["td.rl-num >> nth=0"] - 20
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
