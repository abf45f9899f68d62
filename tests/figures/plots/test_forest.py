"""Differences with both intervals, in points, and the published one."""

from types import SimpleNamespace

import numpy as np
import pytest

from robustlib.figures import forest
from robustlib.figures.plots.series_styles import style_of

THREE = SimpleNamespace(value=0.02, images=0.01, seeds=0.05, count=3)
ONE = SimpleNamespace(value=-0.01, images=0.04, seeds=None, count=1)
WORDS = {"measure": "accuracy less that of no triplet, in points", "caption": "Look."}


def test_each_difference_has_its_own_intervals():
    groups = {"MNIST": {"AT2L": THREE, "TLA": None}, "CIFAR-10": {"TLA": ONE}, "photographs": {"AT2L": None}}
    found = forest(groups, mark=(3.37, "Mao et al."), **WORDS)
    (ax,) = found.drawn.axes
    lines = [line for line in ax.lines if len(line.get_xdata()) == 2 and line.get_xdata()[0] != line.get_xdata()[1]]
    assert np.allclose([line.get_xdata() for line in lines], [[1, 3], [-3, 7], [-5, 3]])
    over_images, over_seeds, alone = lines
    assert over_images.get_linestyle() == alone.get_linestyle() == "-" and over_seeds.get_linestyle() == "--"
    at = [line.get_ydata()[0] for line in lines]
    assert at[0] < at[1] < at[2] and alone.get_color() == style_of("TLA").colour
    dots = [(line.get_xdata()[0], line.get_color()) for line in ax.lines if len(line.get_xdata()) == 1]
    assert dots == [(pytest.approx(2), style_of("AT2L").colour), (pytest.approx(-1), style_of("TLA").colour)]
    assert [line.get_xdata()[0] for line in ax.lines if list(line.get_xdata()) in ([0, 0], [3.37, 3.37])] == [0, 3.37]
    assert [text.get_text() for text in ax.texts] == ["+2.00", "−1.00", "+3.37"]
    assert "MNIST, AT2L: +2.00 points [+1.00, +3.00] over images, [-3.00, +7.00] over seeds, 3 seeds" in found.alt
    assert "CIFAR-10, TLA: -1.00 points [-5.00, +3.00] over images, 1 seed;" in found.alt
    assert "marked: Mao et al., +3.37" in found.alt
    assert "Not run: MNIST, TLA; photographs." in found.caption


def test_a_difference_of_nothing_is_drawn_and_none_at_all_is_refused():
    assert "Not run" not in forest({"MNIST": {"AT2L": SimpleNamespace(value=0.0, images=0.0, seeds=None, count=1)}},
                                   **WORDS).caption  # fmt: skip
    with pytest.raises(ValueError, match="no difference of MNIST was run"):
        forest({"MNIST": {"AT2L": None}}, **WORDS)
