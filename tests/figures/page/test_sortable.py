"""The lists that menus filter and columns order, in a browser and as they stand."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup

from robustlib.evaluation import TextTable
from robustlib.figures import sortable

HEADER = ("where", "ours", "verdict")
TABLES = {
    "First": TextTable(
        "One.", HEADER, (("table 2", "9.5 [9, 10]", "no"), ("table 10", "–", "yes"), ("text", "12", "no"))
    ),
    "Second": TextTable("Two.", HEADER, (("table 1", "3", "no"), ("figure", "word", "maybe & <b>"))),
}
STATE = """() => [...document.querySelectorAll('details')].map(f => [f.hidden, f.open,
    [...f.querySelectorAll('tbody tr')].filter(x => !x.hidden).map(x => x.cells[0].textContent).join(' ')])"""


def control() -> str:
    links = {"First\ntable 2": "../a.html?x=1&y#t"}
    return sortable(TABLES, by="verdict", named="paper", words={"First": "First: 3"}, links=links).html


def test_rows_lines_menus_and_links_stand_there() -> None:
    page = BeautifulSoup(control(), "html.parser")
    assert [summary.text for summary in page.find_all("summary")] == ["First: 3", "Second"]
    options = [[option.text for option in menu.find_all("option")] for menu in page.find_all("select")]
    assert options == [["all", "First", "Second"], ["all", "no", "yes", "maybe & <b>"]]
    assert [(a["href"], a.text) for a in page.find_all("a")] == [("../a.html?x=1&y#t", "table 2")]
    assert [label.get_text(strip=True)[:7] for label in page.find_all("label")] == ["paperal", "verdict"]
    assert len(page.select("tbody tr")) == 5 and page.output.text == "5"
    assert all(head["scope"] == "col" for head in page.find_all("th"))
    assert "table 10" in repr(sortable(TABLES, by="verdict", named="paper"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"tables": {}}, "no table"),
        ({"by": "seed"}, "no column 'seed'"),
        ({"links": {"First\ntable 1": "x"}}, "none is 'First"),
    ],
)
def test_what_cannot_be_shown_is_refused(given: dict[str, Any], words: str) -> None:
    fields: dict[str, Any] = {"tables": TABLES, "by": "verdict", "named": "paper"} | given
    with pytest.raises(ValueError, match=re.escape(words)):
        sortable(fields.pop("tables"), **fields)


@pytest.mark.chromium
def test_menus_leave_rows_in_sight_and_count_them(opened: Callable[..., Any]) -> None:
    page = opened(control())
    assert page.evaluate(STATE) == [[False, False, "table 2 table 10 text"], [False, False, "table 1 figure"]]
    page.get_by_label("verdict").select_option("no")
    assert page.evaluate(STATE) == [[False, True, "table 2 text"], [False, True, "table 1"]]
    assert page.locator("output").text_content() == "3"
    page.get_by_label("paper").select_option("Second")
    assert page.evaluate(STATE) == [[True, False, ""], [False, True, "table 1"]]
    page.get_by_label("verdict").select_option("")
    page.get_by_label("paper").select_option("")
    assert page.evaluate(STATE) == [[False, False, "table 2 table 10 text"], [False, False, "table 1 figure"]]
    assert page.locator("output").text_content() == "5"


@pytest.mark.chromium
def test_the_name_of_a_column_orders_rows_by_key_and_by_mouse(opened: Callable[..., Any]) -> None:
    page = opened(control())
    page.locator("summary").first.click()
    first = page.locator("details").first
    heads, rows = first.locator("thead th"), first.locator("tbody tr td:first-child")
    heads.nth(1).locator("button").click()
    assert rows.all_text_contents() == ["table 2", "text", "table 10"], "9.5, 12, and what is absent"
    assert heads.nth(1).get_attribute("aria-sort") == "ascending"
    heads.nth(1).locator("button").focus()
    page.keyboard.press("Enter")
    assert rows.all_text_contents() == ["text", "table 2", "table 10"], "what is absent stays last"
    assert heads.nth(1).get_attribute("aria-sort") == "descending"
    heads.nth(0).locator("button").click()
    assert rows.all_text_contents() == ["table 2", "table 10", "text"], "2 before 10"
    assert heads.nth(1).get_attribute("aria-sort") is None
