"""Maps say what they draw, and refuse what they cannot draw."""

import pytest

from robustlib.figures import maps

POINTS = {"x": [0.0, 1.0, 2.0], "y": [0.0, 1.0, 0.5], "label": [0, 1, 1]}


def test_a_map_names_its_networks_and_counts_its_images():
    html = maps({"CE": POINTS, "RCE": POINTS}, caption="Look.")._repr_html_()
    assert "CE with 3 images, RCE with 3 images" in html and "Look." in html
    assert (
        maps({"CE": POINTS}, caption="Look.")._repr_html_()
        != maps({"CE": POINTS | {"label": [0, 0, 1]}}, caption="Look.")._repr_html_()
    )


@pytest.mark.bad_input
def test_nothing_to_draw():
    with pytest.raises(ValueError, match="no map"):
        maps({}, caption="Look.")
    with pytest.raises(ValueError, match="2 labels"):
        maps({"CE": POINTS | {"label": [0, 1]}}, caption="Look.")
