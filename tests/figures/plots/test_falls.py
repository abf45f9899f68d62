"""Two ends a row: circle and square at the right places, the paper's diamond, and the control in grey."""

import pytest

from robustlib.evaluation import Cell, Table
from robustlib.figures import fall_plot
from robustlib.figures.page.inks import BLUE, GREY, VERMILLION

CELLS = (
    Cell("DunDi", "own", 98.0, 90.0, 85.0, 95.0, 10),
    Cell("DunDi", "strongest", None, 5.0, 1.0, 12.0, 10),
    Cell("DunDi: a plain network", "own", None, 40.0, 30.0, 50.0, 10),
    Cell("DunDi: a plain network", "strongest", None, 39.0, 29.0, 49.0, 10),
)
TABLE = Table("n = 10.", CELLS)
WORDS = {"caption": "Look.", "measure": "read right, in %"}


def marks(picture, marker):
    """Where a marker stands, and its colour, from the top row down."""
    (ax,) = picture.drawn.axes
    found = [line for line in ax.lines if line.get_marker() == marker and len(line.get_xdata()) == 1]
    return [(float(line.get_xdata()[0]), line.get_color()) for line in found]


def test_both_ends_stand_where_the_table_says_in_the_row_of_their_network():
    found = fall_plot(TABLE, controls=["DunDi: a plain network"], **WORDS)
    assert marks(found, "o") == [(90.0, BLUE), (40.0, GREY)]
    assert marks(found, "s") == [(5.0, VERMILLION), (39.0, GREY)]
    assert [x for x, _ in marks(found, "D")] == [98.0]
    (ax,) = found.drawn.axes
    spans = sorted(tuple(line.get_xdata()) for line in ax.lines if len(line.get_xdata()) == 2)
    assert spans == [(1.0, 12.0), (29.0, 49.0), (30.0, 50.0), (85.0, 95.0)]
    first, second = ax.get_yticks()
    assert first < second and ax.get_ylim()[0] > ax.get_ylim()[1], "the first row is on top"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["DunDi", "a plain network"]
    texts = [text.get_text() for text in ax.texts if text.get_text()]
    assert texts == ["90.0 → 5.0", "40.0 → 39.0"]


def test_an_arrow_is_drawn_where_there_is_a_way_to_go():
    (ax,) = fall_plot(TABLE, **WORDS).drawn.axes
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None) is not None]
    assert len(arrows) == 1, "from 40 to 39 there is no room for one"
    assert tuple(arrows[0].xy)[0] == 5.0 and arrows[0].xyann[0] == 90.0, "it points to what is left"


def test_the_words_say_both_ends_and_what_the_paper_prints():
    found = fall_plot(TABLE, **WORDS)
    assert "DunDi: from 90.0 [85.0, 95.0] to 5.0 [1.0, 12.0], the paper prints 98;" in found.alt
    assert "DunDi: a plain network: from 40.0 [30.0, 50.0] to 39.0 [29.0, 49.0]." in found.alt
    assert found.numbers is not None and "read right, in %" in found.caption


def test_a_table_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="two columns with a number in each row"):
        fall_plot(Table("x", CELLS[:1]), **WORDS)
    with pytest.raises(ValueError, match="two columns with a number in each row"):
        fall_plot(Table("x", (*CELLS[:1], Cell("DunDi", "strongest"))), **WORDS)
    with pytest.raises(ValueError, match="no row 'MadNet: x'"):
        fall_plot(TABLE, controls=["MadNet: x"], **WORDS)
