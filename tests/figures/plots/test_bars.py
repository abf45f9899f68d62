"""Bars have intervals, numbers and the paper's mark."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from robustlib.figures import bars as bars_function
from robustlib.figures import style_of


def test_bars_have_intervals_numbers_and_the_papers_mark(drawings: list[Figure]) -> None:
    rows = {"Ours": {"PGD 2/255 x 10": (0.8, 0.7, 0.9), "PGD 0.01 x 40": (0.3, 0.2, 0.4)}}
    made = bars_function(rows, caption="c", paper={("Ours", "PGD 2/255 x 10"): 95.49})
    ax = drawings[0].axes[0]
    assert [patch.get_width() for patch in ax.patches] == [80, 30]
    assert [patch.get_hatch() for patch in ax.patches] == [style_of(name).hatch for name in rows["Ours"]]
    assert to_hex(ax.patches[0].get_facecolor()).upper() == style_of("small-step PGD").colour
    whiskers = [line.get_xdata() for line in ax.lines if line.get_marker() == "|"]
    assert np.allclose(whiskers, [[70, 90], [20, 40]])
    assert [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "D"] == [95.49]
    assert [text.get_text() for text in ax.texts] == ["80.0 (paper 95.49)", "30.0"]
    assert "Ours, PGD 2/255 x 10: 80.0 % [70.0, 90.0] (paper 95.49)" in made.alt


@pytest.mark.bad_input
def test_nothing_to_draw() -> None:
    with pytest.raises(ValueError, match="no bar"):
        bars_function({"Ours": {}}, caption="c")
