"""A table of words whose columns order its rows: as a parser sees it, and in a browser by mouse and keyboard."""

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup

from robustlib.evaluation import TextTable
from robustlib.figures import words

TABLE = TextTable(
    "Three methods.",
    ("method", "worst case, %"),
    (("b", "9.5 [5.0, 12.0]"), ("c", "not run"), ("a", "80.0 [75.0, 85.0]"), ("d", "10.0 [6.0, 14.0]")),
)


def test_each_column_has_a_button_and_the_words_are_those_of_the_table() -> None:
    made = words(TABLE, order=True)
    page = BeautifulSoup(made.html, "html.parser")
    assert [th.find("button").text for th in page.select("thead th")] == list(TABLE.header)
    assert "onclick" in page.select_one(".rl-sortable").attrs and repr(made) == str(TABLE)
    plain = BeautifulSoup(words(TABLE).html, "html.parser")
    assert not plain.select("button, .rl-sortable, [onclick]")


def test_rows_that_share_a_name_cannot_be_ordered() -> None:
    with pytest.raises(ValueError, match="cannot be ordered"):
        words(TextTable("t", ("a", "b"), (("x", "1"), ("x", "2"))), order=True)


@pytest.mark.chromium
def test_a_click_orders_by_value_another_turns_it_round_and_what_was_not_run_stays_last(
    opened: Callable[..., Any],
) -> None:
    page = opened(f"<div class=bd-content>{words(TABLE, order=True).html}</div>")

    def names() -> list[str]:
        return page.locator("tbody th").all_inner_texts()

    head = page.get_by_role("button", name="worst case, %")
    assert names() == ["b", "c", "a", "d"]
    head.click()
    assert names() == ["b", "d", "a", "c"], "9.5 is less than 10"
    assert page.locator("thead th").nth(1).get_attribute("aria-sort") == "ascending"
    head.press("Enter")
    assert names() == ["a", "d", "b", "c"]
    page.get_by_role("button", name="method").click()
    assert names() == ["a", "b", "c", "d"] and page.locator("[aria-sort]").count() == 1
