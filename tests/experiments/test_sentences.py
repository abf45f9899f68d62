"""A sentence says what its rows say, and none that they do not say comes to be shown."""

import pytest
import torch

from robustlib.evaluation import Cell, Outcome
from robustlib.experiments import Row, said, said_if_run

KEPT = Row("accuracy", 0.106, 500, 0.082, 0.136, attack="margin PGD", eps=0.1, network="r1", reported=0.9439)
PLAIN = Row("accuracy", 0.214, 500, 0.18, 0.252, attack="margin PGD", eps=0.1, network="native")
FEWER = Row("accuracy", 0.5, 200, 0.43, 0.57, network="native")
WIDTH = Row("distance between classes", 161.5, 2000, network="r1")


def text(template: str, **results) -> str:
    return str(said(template, **results)).replace("\u00a0", " ")


def test_a_row_is_said_in_full_once_and_n_where_it_changes() -> None:
    found = text("{kept} and {plain}, so {kept}; {fewer}.", kept=KEPT, plain=PLAIN, fewer=FEWER)
    assert found == ("10.6 % [8.2, 13.6; n = 500] and 21.4 % [18.0, 25.2], so 10.6 %; 50.0 % [43.0, 57.0; n = 200].")


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        ("{kept:short}", "10.6 %"),
        ("{kept:n}", "500"),
        ("{kept:paper}", "94.39 %"),
        ("{kept:.2f}", "10.60 %"),
        ("{kept|about half of|plain}", "about half of"),
        ("{kept|Less than|plain}", "Less than"),
        ("{kept | less than | plain}", "less than"),
        ("{both[r1]}", "10.6 % [8.2, 13.6; n = 500]"),
        ("{both[r1]|less than|plain}", "less than"),
        ("{several[1]:short}", "21.4 %"),
        ("{width}", "161.5"),
        ("{width:.0f}", "162"),
        ("{thousands}", "10,000"),
        ("{cell}", "94.9 [78.8, 108.1]"),
        ("{network}", "DunDi_R1"),
    ],
)
def test_what_a_field_says(field: str, wanted: str) -> None:
    given = {"kept": KEPT, "plain": PLAIN, "both": {"r1": KEPT}, "several": [KEPT, PLAIN], "width": WIDTH}
    given |= {"thousands": 10_000, "cell": Cell("a", "b", ours=94.9, low=78.8, high=108.1), "network": "DunDi_R1"}
    used = {name: given[name] for name in given if name in field}
    assert text(f"It is {field}.", **used) == f"It is {wanted}."


def test_a_printed_number_may_be_said_before_ours_is_there() -> None:
    assert text("{p:paper}", p=Row("accuracy", None, reported=0.9328)) == "93.28 %"
    with pytest.raises(ValueError, match="was not run"):
        said("{p:paper}", p=Row("accuracy", None))


def test_an_outcome_of_the_page_is_a_share_with_its_wilson_interval() -> None:
    moved = torch.zeros(10)
    outcome = Outcome(torch.arange(10) < 3, moved, moved, 1.0)
    assert text("{left}", left=outcome) == "30.0 % [10.8, 60.3; n = 10]"


def test_lines_are_joined_and_paragraphs_kept_and_a_notebook_shows_markdown() -> None:
    made = said("\n  One {a}\n  line.\n\n  Two, {{braces}}.\n", a=1)
    assert made._repr_markdown_() == "One 1 line.\n\nTwo, {braces}." == repr(made)


@pytest.mark.parametrize(
    ("template", "given", "complaint"),
    [
        ("{left}", {"kept": KEPT}, "'left', and given are kept"),
        ("{kept}", {"kept": KEPT, "plain": PLAIN}, "plain is given, and no field says it"),
        ("{kept[r2]}", {"kept": {"r1": KEPT}}, "kept has no 'r2', but r1"),
        ("{kept[2]}", {"kept": [KEPT, PLAIN]}, "kept has no '2', but 0, 1"),
        ("{kept[r1]}", {"kept": [KEPT]}, "kept has no 'r1', but 0"),
        ("{kept[r1]}", {"kept": KEPT}, "kept has no 'r1'"),
        ("{kept|less than|left}", {"kept": KEPT}, "'left', and given are kept"),
        ("{kept|less than}", {"kept": KEPT}, "compares two things"),
        ("{kept|less|than|plain}", {"kept": KEPT, "plain": PLAIN}, "is no relation"),
        ("{kept|roughly|plain}", {"kept": KEPT, "plain": PLAIN}, "no fixed meaning"),
        ("{kept:long}", {"kept": KEPT}, "the options are short, n, paper"),
        ("{kept!r}", {"kept": KEPT}, "without !r"),
        ("{plain:paper}", {"plain": PLAIN}, "no paper prints a number"),
        ("{a:n}", {"a": 3}, "not known how many images"),
        ("{kept}", {"kept": None}, "no such row"),
        ("{kept}", {"kept": Row("accuracy", None, network="dundi-mnist-r1")}, "dundi-mnist-r1 was not run"),
        ("{kept}", {"kept": [KEPT]}, "got list"),
        ("{kept", {"kept": KEPT}, "in the sentence"),
        ("{}", {"kept": KEPT}, "names ''"),
        ("nothing follows", {}, "it has no field"),
    ],
)
def test_what_cannot_be_said(template: str, given: dict, complaint: str) -> None:
    with pytest.raises(ValueError, match=r"in the sentence") as caught:
        said(template, **given)
    assert complaint in str(caught.value)


def test_a_relation_that_does_not_hold_is_told_with_its_sentence() -> None:
    with pytest.raises(AssertionError) as caught:
        said("DunDi reads {kept|more than|plain} the plain network.", kept=KEPT, plain=PLAIN)
    told = str(caught.value).replace("\u00a0", " ")
    assert "DunDi reads {kept|more than|plain} the plain network." in told
    assert "margin PGD at 0.1 r1: 10.6 % [8.2, 13.6; n = 500]" in told and "native: 21.4 %" in told


def test_of_what_was_not_run_nothing_is_said() -> None:
    assert said_if_run("It keeps {kept:short}.", kept=0.5).text == "It keeps 0.5."
    for missing in (None, [0.5, None], {"a": 0.5, "b": None}, {"a": [None]}):
        assert said_if_run("It keeps {kept[a]:short}, {kept|more than|x}.", kept=missing, x=1).text == "*Not run yet.*"
    with pytest.raises(ValueError, match="no field says it"):
        said_if_run("It keeps {kept:short}.", kept=0.5, other=1)
