"""Curves draw the numbers that they are given, with styles and intervals."""

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure

from robustlib.figures import colour_of, robust_accuracy_curves, training_curves

RADII = [0.0, 0.1, 0.3]


FALLING = [(0.99, 0.98, 1.0), (0.6, 0.5, 0.7), (0.1, 0.05, 0.2)]


def test_a_curve_is_line_band_and_name(drawings: list[Figure]) -> None:
    made = robust_accuracy_curves({"Softmax": FALLING, "Ours": FALLING[::-1]}, RADII, caption="c", attack="PGD-10")
    ax = drawings[0].axes[0]
    line = next(found for found in ax.lines if len(found.get_xdata()) == 3 and found.get_color() == colour_of("ours"))
    assert np.allclose(line.get_xdata(), RADII) and np.allclose(line.get_ydata(), [10, 60, 99])
    assert (line.get_marker(), line.get_linestyle()) == ("s", "-")
    band = ax.collections[1].get_paths()[0].vertices
    assert np.isclose(band[:, 1].min(), 5) and np.isclose(band[:, 1].max(), 100)
    assert {text.get_text() for text in ax.texts} >= {"Softmax", "Ours"}
    assert "Ours: 10 % at 0, 60 % at 0.1, 99 % at 0.3" in made.alt and "PGD-10" in made.alt


def test_a_marked_radius_is_drawn_and_named(drawings: list[Figure]) -> None:
    robust_accuracy_curves({"Ours": FALLING}, RADII, caption="c", mark=(0.078, "reach of ten steps"))
    ax = drawings[0].axes[0]
    assert any(list(line.get_xdata()) == [0.078, 0.078] for line in ax.lines)
    assert "reach of ten steps" in {text.get_text() for text in ax.texts}


def test_the_axis_says_what_is_measured(drawings: list[Figure]) -> None:
    made = robust_accuracy_curves({"Ours": FALLING}, RADII, caption="c", attack="it", measure="success rate")
    assert drawings[0].axes[0].get_ylabel() == "success rate in %"
    assert made.alt.startswith("Success rate under it against eps.")
    assert "Robust accuracy under" in robust_accuracy_curves({"Ours": FALLING}, RADII, caption="c").alt


def test_method_gives_colour_and_attack_the_strokes(drawings: list[Figure]) -> None:
    robust_accuracy_curves({("Ours", "FGSM"): dict(zip(RADII, FALLING, strict=True))}, caption="c")
    line = drawings[0].axes[0].lines[0]
    assert (line.get_color(), line.get_marker(), line.get_linestyle()) == (colour_of("ours"), "^", "--")


def test_names_keep_their_distance(drawings: list[Figure]) -> None:
    low = [(0.5, 0.4, 0.6), (0.0, 0.0, 0.1), (0.0, 0.0, 0.1)]
    robust_accuracy_curves(dict.fromkeys(("FGSM", "BIM", "MIM", "PGD"), low), RADII, caption="c")
    heights = sorted(text.get_position()[1] for text in drawings[0].axes[0].texts if text.get_text())
    assert len(heights) == 4 and min(np.diff(heights)) >= 8 - 1e-9


def test_a_series_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="'Ours' has 2 readings for 3 values of eps"):
        robust_accuracy_curves({"Ours": FALLING[:2]}, RADII, caption="c")


def test_training_has_a_panel_for_each_term(drawings: list[Figure]) -> None:
    runs = {
        "Ours": SimpleNamespace(terms={"triplet": [1.0, 0.5], "ce": [2.0, 1.0]}),
        "Softmax": SimpleNamespace(terms={"ce": [3.0]}),
    }
    made = training_curves(runs, caption="c")
    triplet, ce = drawings[0].axes
    assert [ax.get_ylabel() for ax in drawings[0].axes] == ["triplet", "ce"]
    assert [line.get_ydata().tolist() for line in ce.lines] == [[2.0, 1.0], [3.0]]
    assert len(triplet.lines) == 1
    assert [text.get_text() for text in drawings[0].legends[0].get_texts()] == ["Ours", "Softmax"]
    assert "Ours, triplet: from 1 to 0.5 in 2 epochs" in made.alt
