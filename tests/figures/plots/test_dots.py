"""A dot plot draws the table's numbers where they are, says what was not run, and refuses what it cannot draw."""

import numpy as np
import pytest
from bs4 import BeautifulSoup
from matplotlib.axes import Axes

from robustlib.evaluation import Cell, Table
from robustlib.figures import dot_plot, style_of
from robustlib.figures.plots.dots import PLAIN
from robustlib.figures.plots.looks import ATTACKS, METHODS

TABLE = Table(
    "Robust accuracy in %. n = 100.",
    (
        Cell("Softmax (1 of 10 epochs, CPU)", "FGSM", paper=34.48, ours=28.7, low=26.0, high=31.6, n=100),
        Cell("Softmax (1 of 10 epochs, CPU)", "PGD", paper=0.0, ours=85.0, low=82.7, high=87.1, n=100),
        Cell("my model", "FGSM", paper=70.0),
        Cell("my model", "PGD", ours=12.0),
        Cell("last", "FGSM", applies=False),
        Cell("last", "PGD", n=100),
    ),
)


def marks(ax: Axes) -> list[tuple[float, float, str]]:
    return [(*line.get_xydata()[0].tolist(), line.get_marker()) for line in ax.lines if line.get_marker() != "None"]


def test_numbers_intervals_and_the_papers_diamonds_stand_where_they_are() -> None:
    drawn = dot_plot(TABLE, caption="Look.").drawn
    fgsm, pgd = drawn.axes
    assert [fgsm.get_title(), pgd.get_title()] == ["FGSM", "PGD"]
    assert marks(fgsm) == [(28.7, 0, "o"), (34.48, 0, "D"), (70.0, 1, "D")]
    assert marks(pgd) == [(85.0, 0, "o"), (0.0, 0, "D"), (12.0, 1, "o")]
    whiskers = [line.get_xydata().tolist() for line in fgsm.lines if line.get_marker() == "None"]
    assert np.allclose(whiskers, [[[26.0, 0], [31.6, 0]]])
    assert fgsm.get_xlim() == pgd.get_xlim() == (-4, 104), "one scale"
    dots = [(line.get_marker(), line.get_color()) for line in fgsm.lines + pgd.lines]
    softmax, attack = ("o", METHODS["softmax"].colour), ("o", ATTACKS["PGD"].colour)
    assert dots.count(softmax) == 2 and attack in dots and ("D", "#000000") in dots
    (diamond, *_) = [line for line in fgsm.lines if line.get_marker() == "D"]
    assert diamond.get_markerfacecolor() == "none"


def test_what_has_no_number_says_so_and_is_no_zero() -> None:
    fgsm, pgd = dot_plot(TABLE, caption="Look.").drawn.axes
    assert [(text.get_text(), text.get_position()[1]) for text in fgsm.texts] == [("not run", 1), ("–", 2)]
    assert [(text.get_text(), text.get_position()[1]) for text in pgd.texts] == [("none", 2)]
    assert not [mark for mark in marks(fgsm) + marks(pgd) if mark[1] == 2]


def test_names_are_short_and_the_words_are_whole() -> None:
    made = dot_plot(TABLE, caption="Look.", measure="robust accuracy in %")
    assert [label.get_text() for label in made.drawn.axes[0].get_yticklabels()] == ["Softmax", "my model", "last"]
    assert made.caption == (
        "Look. Horizontal: robust accuracy in %. Vertical: the rows of the table below. "
        "Dots: ours; lines: the table's intervals; open diamonds: the paper."
    )
    assert "Softmax (1 of 10 epochs, CPU), FGSM: 28.7 [26.0, 31.6], paper 34.48; " in made.alt
    assert "my model, FGSM: not run, paper 70" in made.alt and "last, FGSM: nothing belongs here" in made.alt


def test_a_page_may_call_the_two_numbers_otherwise() -> None:
    made = dot_plot(TABLE, caption="Look.", names=("measured", "report"))
    assert made.caption.endswith("Dots: measured; lines: the table's intervals; open diamonds: the report.")
    assert [text.get_text() for text in made.drawn.legends[0].get_texts()] == ["measured with its interval", "report"]
    assert "Softmax (1 of 10 epochs, CPU), FGSM: 28.7 [26.0, 31.6], report 34.48; " in made.alt
    page = BeautifulSoup(made._repr_html_(), "html.parser").find("table").get_text(" ", strip=True)
    assert "measured 28.7" in page and "report 34.48" in page and "ours" not in page and "paper" not in page


def test_the_table_is_folded_beneath() -> None:
    made = dot_plot(TABLE, caption="Look.")
    page = BeautifulSoup(made._repr_html_(), "html.parser")
    details = page.find("figure").find_next_sibling("details")
    assert details.find("summary").text == "Show the numbers" and not details.has_attr("open")
    assert len(details.find_all("td", class_="rl-num")) == 6 and str(TABLE) in repr(made)


def test_one_column_prints_its_numbers_and_one_row_can_be_chosen() -> None:
    made = dot_plot(TABLE, caption="Look.", columns=["PGD"], rows=["my model", "Softmax (1 of 10 epochs, CPU)"])
    (ax,) = made.drawn.axes
    assert [text.get_text() for text in ax.texts] == ["12.0", "85.0 (paper 0)"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["my model", "Softmax"]


def test_the_colour_is_the_rows_else_the_columns() -> None:
    cells = [Cell(row, column, ours=50.0) for row in ("FGSM (RCE)", "Model 7") for column in ("C&W", "n = 10")]
    first, second = dot_plot(Table("c", tuple(cells)), caption="Look.").drawn.axes
    wanted = [style_of("rce").colour, ATTACKS["C&W"].colour, style_of("rce").colour, PLAIN.colour]
    dots = [line for ax in (first, second) for line in ax.lines if line.get_marker() == "o"]
    assert [dot.get_color() for dot in dots] == wanted and len(marks(first) + marks(second)) == len(dots)
    alike = dot_plot(Table("c", tuple(cells)), caption="Look.", looks=False).drawn.axes
    assert {line.get_color() for ax in alike for line in ax.lines if line.get_marker() == "o"} == {PLAIN.colour}


def test_numbers_of_other_sizes_have_other_scales() -> None:
    cells = [
        Cell(row, c, ours=v)
        for c, vs in (("ratio", (3.0, 4.0)), ("seconds", (600.0, 900.0)))
        for row, v in zip("ab", vs, strict=True)
    ]
    made = dot_plot(Table("c", tuple(cells)), caption="Look.")
    ratio, seconds = made.drawn.axes
    assert ratio.get_xlim()[1] < 5 and seconds.get_xlim()[0] > 500
    assert "each panel on a scale of its own" in made.caption


@pytest.mark.bad_input
def test_what_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="has no number to draw"):
        dot_plot(Table("nothing yet", (Cell("a", "b"), Cell("c", "b", n=10))), caption="Look.")
    with pytest.raises(ValueError, match="not finite"):
        dot_plot(Table("odd", (Cell("a", "b", paper=float("nan")),)), caption="Look.")
    with pytest.raises(ValueError, match=r"the table has no row \['Ours'\] to draw; it has \['Softmax"):
        dot_plot(TABLE, caption="Look.", rows=["Ours"])
    with pytest.raises(ValueError, match=r"the table has no column \['BIM'\]"):
        dot_plot(TABLE, caption="Look.", columns=["BIM"])
    with pytest.raises(ValueError, match="the table has no row"):
        dot_plot(Table("empty", ()), caption="Look.")
