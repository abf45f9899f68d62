"""A figure becomes a picture with words, which say what both axes are."""

import pytest
from figures.examples import drawn

from robustlib.figures import figure
from robustlib.figures.plots.canvas import canvas


def test_the_caption_ends_with_the_names_of_the_axes_and_what_is_drawn() -> None:
    made = figure(drawn(), alt="x", caption=" Look. ", marks="Dots: images.")
    assert made.caption == "Look. Horizontal: first number. Vertical: second number. Dots: images."


@pytest.mark.parametrize("said", ["Band: all five draws.", "bands: all five draws.", "Bands are all five draws."])
def test_what_the_author_says_of_the_marks_stands(said: str) -> None:
    made = figure(drawn(), alt="x", caption=said, marks="Bands: 95 % intervals.")
    assert made.caption == f"{said} Horizontal: first number. Vertical: second number."


def test_panels_that_share_an_axis_share_its_name() -> None:
    shared = canvas()
    above, below = shared.subplots(2, 1, sharex=True)
    above.set_ylabel("loss")
    below.set(xlabel="epoch", ylabel="loss")
    assert figure(shared, alt="x", caption="y").caption == "y Horizontal: epoch. Vertical: loss."


@pytest.mark.parametrize(("alt", "caption", "axes"), [("", "y", None), ("x", "  ", None), ("x", "y", " ")])
def test_a_figure_without_words_is_refused(alt: str, caption: str, axes: str | None) -> None:
    with pytest.raises(ValueError, match="is empty; say what"):
        figure(drawn(), alt=alt, caption=caption, axes=axes)


@pytest.mark.parametrize(("missing", "way"), [("x", "horizontal"), ("y", "vertical")])
def test_an_axis_without_a_name_is_refused(missing: str, way: str) -> None:
    nameless = drawn()
    nameless.axes[0].set(**{f"{missing}label": " "})
    with pytest.raises(
        ValueError, match=f"the {way} axis of panel 1 has no name.*set {missing}label, or say in `axes=`"
    ):
        figure(nameless, alt="x", caption="y")
    words = "Horizontal and vertical: the two numbers of a map."
    assert figure(nameless, alt="x", caption="y", axes=words).caption == f"y {words}"
