"""Maps and distances say what they draw, and refuse what they cannot draw."""

import pytest

from robustlib.figures import distance_bars, maps

POINTS = {"x": [0.0, 1.0, 2.0], "y": [0.0, 1.0, 0.5], "label": [0, 1, 1]}
SIZES = {"mean": 1.5, "median": 1.25, "low": 1.0, "high": 2.0, "n": 7}


def test_a_map_names_its_networks_and_counts_its_images():
    html = maps({"CE": POINTS, "RCE": POINTS}, caption="Look.")._repr_html_()
    assert "CE with 3 images, RCE with 3 images" in html and "Look." in html
    assert (
        maps({"CE": POINTS}, caption="Look.")._repr_html_()
        != maps({"CE": POINTS | {"label": [0, 0, 1]}}, caption="Look.")._repr_html_()
    )


def test_distances_are_read_aloud():
    html = distance_bars({"C&W": {"CE": SIZES}}, caption="Look.")._repr_html_()
    assert "median 1.25, mean 1.50 of 7 images" in html


@pytest.mark.bad_input
def test_nothing_to_draw():
    with pytest.raises(ValueError, match="no map"):
        maps({}, caption="Look.")
    with pytest.raises(ValueError, match="no distance"):
        distance_bars({}, caption="Look.")
    with pytest.raises(ValueError, match="2 labels"):
        maps({"CE": POINTS | {"label": [0, 1]}}, caption="Look.")
