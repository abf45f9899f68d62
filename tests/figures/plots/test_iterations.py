"""Errors by rounds: each line has its points, its look and its interval; what was not run is said."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from robustlib.figures import Rounds, iteration_curves, iteration_frames
from robustlib.figures.page.inks import PAPER
from robustlib.figures.plots.series_styles import style_of

OURS = {
    ("adversarial training", "static"): {0: (0.9, 0.8, 0.95), 1: (0.2, 0.1, 0.25)},
    ("adversarial training", "adaptive"): {0: (0.9, 0.8, 0.95), 1: (0.7, 0.65, 0.8)},
    ("AT2L", "static"): {},
}
PANEL = Rounds(OURS, {"AT2L": [90.0, 50.0, 40.0, 30.0, 20.0]})


def test_the_points_of_each_line_and_its_band():
    found = iteration_curves({"FGSM": PANEL}, caption="Look.")
    (ax,) = found.drawn.axes
    theirs, static, adaptive = ax.lines
    assert theirs.get_ydata().tolist() == [90, 50, 40, 30, 20] and theirs.get_marker() == "None"
    assert theirs.get_linewidth() < static.get_linewidth()
    assert to_hex(theirs.get_color()).upper() == style_of("AT2L").colour
    assert np.allclose(static.get_ydata(), [90, 20]) and np.allclose(adaptive.get_ydata(), [90, 70])
    look = style_of("adversarial training")
    assert {line.get_marker() for line in (static, adaptive)} == {look.marker}
    assert (static.get_linestyle(), adaptive.get_linestyle()) == ("--", "-")
    assert static.get_markerfacecolor() == PAPER and adaptive.get_markerfacecolor() == look.colour
    band = ax.collections[0].get_paths()[0].vertices
    assert {round(float(y)) for x, y in band if x == 1} == {10, 25}
    assert "adversarial training, static: 90.0, 20.0;" in found.alt and "paper's AT2L: from 90 to 20" in found.alt
    assert "Not run: FGSM, AT2L, static." in found.caption and "Vertical: error in %" in found.caption


def test_a_panel_that_was_not_run_says_so_once():
    empty = Rounds({(m, way): {} for m in ("AT2L", "triplet alone") for way in ("static", "adaptive")})
    found = iteration_curves({"FGSM": PANEL, "C&W": empty, "BIM": PANEL}, caption="Look.")
    assert len(found.drawn.axes) == 3 and found.drawn.axes[1].texts[0].get_text() == "ours: not run"
    assert found.caption.count("C&W") == 1 and "C&W: not run." in found.alt
    with pytest.raises(ValueError, match="nothing of C&W was measured"):
        iteration_curves({"C&W": empty}, caption="Look.")
    with pytest.raises(ValueError, match="static or adaptive, got \\['clean'\\]"):
        Rounds({("AT2L", "clean"): {}})
    with pytest.raises(ValueError, match="need 0 <= low"):
        iteration_curves({"FGSM": Rounds({("AT2L", "static"): {0: (90, 80, 95)}})}, caption="Look.")


def test_the_slider_says_the_errors_of_its_round():
    found = iteration_frames({"gradient set": {"FGSM": PANEL}}, (0, 1, 2), caption="Look.")
    assert "gradient set, FGSM: 0 adversarial training: static 90.0, adaptive 90.0" in found.text
    assert "1 adversarial training: static 20.0, adaptive 70.0; AT2L: static not run" in found.text
    assert "2 adversarial training: static not run, adaptive not run" in found.text
    assert 'value="2"' in found.html and "--i:2;" in found.html, "it opens at the last round"
    assert found.html.count('type="range"') == 1 and "Horizontal: outer iteration. Vertical: error in %." in found.text
