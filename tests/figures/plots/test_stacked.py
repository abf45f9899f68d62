"""Whole bars divided by kind: lengths, counts, words."""

import re

import pytest

from robustlib.figures import stacked

COLOURS = {"yes": "#009E73", "no": "#BF4300", "never": "#767676"}
BARS = {"A": {"yes": 3, "no": 1, "never": 0}, "B": {"yes": 1, "no": 199}}


def test_a_bar_is_whole_and_its_parts_have_their_shares() -> None:
    picture = stacked(BARS, colours=COLOURS, caption="Look.")
    (ax,) = picture.drawn.axes
    widths = [round(patch.get_width(), 6) for patch in ax.patches]
    assert widths == [75, 25, 0, 0.5, 99.5, 0] and [round(p.get_x(), 6) for p in ax.patches] == [
        0,
        75,
        100,
        0,
        0.5,
        100,
    ]
    assert [text.get_text() for text in ax.texts] == ["3", "1", "199"], "one of 200 is too narrow for its count"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["A\n(4)", "B\n(200)"]
    (legend,) = picture.drawn.legends
    assert [text.get_text() for text in legend.get_texts()] == ["yes", "no"], "a kind that nothing has is not named"


def test_the_words_say_every_count() -> None:
    html = stacked(BARS, colours=COLOURS, caption="Look.")._repr_html_()
    assert "Stacked bars. A: 3 yes, 1 no; B: 1 yes, 199 no." in html
    assert re.search(r"Horizontal: share in %\. Vertical: A, B", html)


@pytest.mark.parametrize(
    ("bars", "words"),
    [({}, "needs a count"), ({"A": {"yes": 0}}, "needs a count"), ({"A": {"yes": -1, "no": 3}}, "needs a count"),
     ({"A": {"perhaps": 1}}, "no colour for 'perhaps'")],
)  # fmt: skip
def test_nothing_to_draw_and_an_unknown_kind_are_refused(bars: dict[str, dict[str, int]], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        stacked(bars, colours=COLOURS, caption="Look.")
